<?xml version="1.0" encoding="UTF-8"?>
<!-- cdisc-kit's stylesheet for Define-XML 2.1: one static page. XSLT 1.0, no extension functions.
     Each OID is looked up through a key, so the time taken grows with the size of the file only. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:odm="http://www.cdisc.org/ns/odm/v1.3"
    xmlns:def="http://www.cdisc.org/ns/def/v2.1"
    xmlns:xlink="http://www.w3.org/1999/xlink"
    exclude-result-prefixes="odm def xlink">

  <xsl:output method="html" encoding="UTF-8" indent="no" doctype-system="about:legacy-compat"/>
  <xsl:strip-space elements="*"/>

  <xsl:key name="item" match="odm:ItemDef" use="@OID"/>
  <xsl:key name="codelist" match="odm:CodeList" use="@OID"/>
  <xsl:key name="codelist-user" match="odm:ItemDef" use="odm:CodeListRef/@CodeListOID"/>
  <xsl:key name="method" match="odm:MethodDef" use="@OID"/>
  <xsl:key name="method-user" match="odm:ItemRef" use="@MethodOID"/>
  <xsl:key name="comment" match="def:CommentDef" use="@OID"/>
  <xsl:key name="comment-user" match="odm:*[@def:CommentOID]" use="@def:CommentOID"/>
  <xsl:key name="value-list" match="def:ValueListDef" use="@OID"/>
  <xsl:key name="where" match="def:WhereClauseDef" use="@OID"/>
  <xsl:key name="leaf" match="def:leaf" use="@ID"/>
  <xsl:key name="standard" match="def:Standard" use="@OID"/>
  <xsl:key name="class" match="odm:ItemGroupDef" use="def:Class/@Name"/>

  <!-- Lists up to this many terms are spelled out beside the variable. -->
  <xsl:variable name="inline-terms" select="6"/>

  <xsl:variable name="study" select="/odm:ODM/odm:Study/odm:GlobalVariables"/>
  <xsl:variable name="mdv" select="/odm:ODM/odm:Study/odm:MetaDataVersion"/>
  <xsl:variable name="synthetic"
      select="contains($study/odm:StudyName, 'SYNTHETIC') or contains($study/odm:StudyDescription, 'SYNTHETIC')"/>

  <xsl:template match="/">
    <html lang="en">
      <head>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>Define-XML: <xsl:value-of select="$study/odm:StudyName"/></title>
        <xsl:call-template name="style"/>
      </head>
      <body>
        <xsl:if test="$synthetic">
          <div class="synthetic" role="note">SYNTHETIC DATA: generated for demonstration, no real subject</div>
        </xsl:if>
        <xsl:call-template name="navigation"/>
        <main>
          <xsl:call-template name="study"/>
          <xsl:call-template name="overview"/>
          <xsl:apply-templates select="$mdv/odm:ItemGroupDef"/>
          <xsl:call-template name="codelists"/>
          <xsl:call-template name="methods"/>
          <xsl:call-template name="comments"/>
          <xsl:call-template name="documents"/>
        </main>
        <xsl:call-template name="script"/>
      </body>
    </html>
  </xsl:template>

  <!-- Navigation -->

  <xsl:template name="navigation">
    <nav aria-label="Contents">
      <a class="study" href="#study"><xsl:value-of select="$study/odm:StudyName"/></a>
      <input type="search" id="filter" hidden="hidden" placeholder="Filter variables, labels, terms …"
          aria-label="Filter variables"/>
      <p id="found" aria-live="polite"></p>
      <h2><a href="#datasets">Datasets</a></h2>
      <xsl:for-each select="$mdv/odm:ItemGroupDef[generate-id() = generate-id(key('class', def:Class/@Name)[1])]">
        <h3><xsl:value-of select="def:Class/@Name"/></h3>
        <ul>
          <xsl:for-each select="key('class', def:Class/@Name)">
            <li>
              <a href="#{@OID}">
                <b><xsl:value-of select="@Name"/></b>
                <span><xsl:value-of select="odm:Description/odm:TranslatedText[1]"/></span>
              </a>
            </li>
          </xsl:for-each>
        </ul>
      </xsl:for-each>
      <xsl:call-template name="nav-entry">
        <xsl:with-param name="anchor" select="'codelists'"/>
        <xsl:with-param name="title" select="'Codelists'"/>
        <xsl:with-param name="count" select="count($mdv/odm:CodeList)"/>
      </xsl:call-template>
      <xsl:call-template name="nav-entry">
        <xsl:with-param name="anchor" select="'methods'"/>
        <xsl:with-param name="title" select="'Methods'"/>
        <xsl:with-param name="count" select="count($mdv/odm:MethodDef)"/>
      </xsl:call-template>
      <xsl:call-template name="nav-entry">
        <xsl:with-param name="anchor" select="'comments'"/>
        <xsl:with-param name="title" select="'Comments'"/>
        <xsl:with-param name="count" select="count($mdv/def:CommentDef)"/>
      </xsl:call-template>
      <xsl:call-template name="nav-entry">
        <xsl:with-param name="anchor" select="'documents'"/>
        <xsl:with-param name="title" select="'Documents'"/>
        <xsl:with-param name="count" select="count($mdv/def:leaf)"/>
      </xsl:call-template>
    </nav>
  </xsl:template>

  <xsl:template name="nav-entry">
    <xsl:param name="anchor"/>
    <xsl:param name="title"/>
    <xsl:param name="count"/>
    <xsl:if test="$count">
      <h2>
        <a href="#{$anchor}"><xsl:value-of select="$title"/></a>
        <xsl:text> </xsl:text>
        <small><xsl:value-of select="$count"/></small>
      </h2>
    </xsl:if>
  </xsl:template>

  <!-- The study and its datasets -->

  <xsl:template name="study">
    <header id="study">
      <p class="kicker">Define-XML <xsl:value-of select="$mdv/@def:DefineVersion"/></p>
      <h1><xsl:value-of select="$study/odm:StudyName"/></h1>
      <p class="lead"><xsl:value-of select="$study/odm:StudyDescription"/></p>
      <dl>
        <div><dt>Protocol</dt><dd><xsl:value-of select="$study/odm:ProtocolName"/></dd></div>
        <div><dt>Metadata</dt><dd><xsl:value-of select="$mdv/@Name"/></dd></div>
        <div><dt>Created</dt><dd><xsl:value-of select="/odm:ODM/@CreationDateTime"/></dd></div>
        <div><dt>Source</dt><dd>
          <xsl:value-of select="concat(/odm:ODM/@SourceSystem, ' ', /odm:ODM/@SourceSystemVersion)"/>
        </dd></div>
        <div><dt>Standards</dt><dd>
          <xsl:for-each select="$mdv/def:Standards/def:Standard">
            <span class="chip"><xsl:call-template name="standard-name"/></span>
          </xsl:for-each>
        </dd></div>
      </dl>
      <xsl:apply-templates select="key('comment', $mdv/@def:CommentOID)" mode="note"/>
    </header>
  </xsl:template>

  <xsl:template name="standard-name">
    <xsl:value-of select="@Name"/>
    <xsl:if test="@PublishingSet"><xsl:value-of select="concat(' ', @PublishingSet)"/></xsl:if>
    <xsl:value-of select="concat(' ', @Version)"/>
  </xsl:template>

  <xsl:template name="overview">
    <section id="datasets">
      <h2>Datasets</h2>
      <table>
        <thead><tr><th scope="col">Dataset</th><th scope="col">Description</th><th scope="col">Class</th>
          <th scope="col">Structure</th><th scope="col">Keys</th><th scope="col">File</th></tr></thead>
        <tbody>
          <xsl:for-each select="$mdv/odm:ItemGroupDef">
            <tr>
              <th scope="row"><a href="#{@OID}"><xsl:value-of select="@Name"/></a></th>
              <td><xsl:apply-templates select="odm:Description"/><xsl:call-template name="dataset-marks"/></td>
              <td class="quiet"><xsl:value-of select="def:Class/@Name"/></td>
              <td><xsl:value-of select="@def:Structure"/></td>
              <td class="code"><xsl:call-template name="keys"/></td>
              <td><xsl:apply-templates select="key('leaf', @def:ArchiveLocationID)"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </section>
  </xsl:template>

  <xsl:template name="keys">
    <xsl:for-each select="odm:ItemRef[@KeySequence]">
      <xsl:sort select="@KeySequence" data-type="number"/>
      <xsl:if test="position() &gt; 1">, </xsl:if>
      <xsl:value-of select="key('item', @ItemOID)/@Name"/>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="dataset-marks">
    <xsl:if test="@def:HasNoData = 'Yes'"><xsl:text> </xsl:text><span class="mark">no data</span></xsl:if>
    <xsl:if test="@def:IsNonStandard = 'Yes'"><xsl:text> </xsl:text><span class="mark">non-standard</span></xsl:if>
  </xsl:template>

  <xsl:template match="def:leaf"><a href="{@xlink:href}"><xsl:value-of select="def:title"/></a></xsl:template>

  <xsl:template match="odm:Description | odm:Decode">
    <xsl:for-each select="odm:TranslatedText">
      <xsl:choose>
        <xsl:when test="position() = 1"><xsl:value-of select="."/></xsl:when>
        <xsl:otherwise><span class="translation" lang="{@xml:lang}"><xsl:value-of select="."/></span></xsl:otherwise>
      </xsl:choose>
    </xsl:for-each>
  </xsl:template>

  <!-- One dataset -->

  <xsl:template match="odm:ItemGroupDef">
    <section id="{@OID}" class="dataset">
      <h2>
        <xsl:value-of select="@Name"/><xsl:text> </xsl:text>
        <small><xsl:apply-templates select="odm:Description"/></small><xsl:call-template name="dataset-marks"/>
      </h2>
      <p class="facts">
        <span><xsl:value-of select="def:Class/@Name"/></span>
        <span><xsl:value-of select="@def:Structure"/></span>
        <xsl:if test="odm:ItemRef/@KeySequence"><span>Keys: <xsl:call-template name="keys"/></span></xsl:if>
        <xsl:if test="odm:Alias[@Context = 'DomainDescription']">
          <span>Of <xsl:value-of select="@Domain"/>, <xsl:value-of select="odm:Alias/@Name"/></span>
        </xsl:if>
        <xsl:for-each select="key('standard', @def:StandardOID)">
          <span><xsl:call-template name="standard-name"/></span>
        </xsl:for-each>
        <span><xsl:apply-templates select="key('leaf', @def:ArchiveLocationID)"/></span>
      </p>
      <xsl:apply-templates select="key('comment', @def:CommentOID)" mode="note"/>
      <table class="variables">
        <thead><tr><th scope="col">Variable</th><th scope="col">Label</th><th scope="col">Type</th>
          <th scope="col">Controlled terms or format</th><th scope="col">Origin, method, comment</th></tr></thead>
        <tbody>
          <xsl:for-each select="odm:ItemRef">
            <xsl:variable name="item" select="key('item', @ItemOID)"/>
            <tr id="{@ItemOID}">
              <th scope="row">
                <xsl:value-of select="$item/@Name"/>
                <xsl:if test="@KeySequence">
                  <span class="key" title="Key {@KeySequence}"><xsl:value-of select="@KeySequence"/></span>
                </xsl:if>
              </th>
              <td>
                <xsl:apply-templates select="$item/odm:Description"/>
                <xsl:if test="@Mandatory = 'Yes'"><xsl:text> </xsl:text><span class="mark req">required</span></xsl:if>
                <xsl:if test="@def:HasNoData = 'Yes'"><xsl:text> </xsl:text><span class="mark">no data</span></xsl:if>
              </td>
              <xsl:call-template name="item-cells"><xsl:with-param name="item" select="$item"/></xsl:call-template>
            </tr>
            <xsl:apply-templates select="key('value-list', $item/def:ValueListRef/@ValueListOID)/odm:ItemRef"
                mode="value-level"/>
          </xsl:for-each>
        </tbody>
      </table>
    </section>
  </xsl:template>

  <xsl:template match="odm:ItemRef" mode="value-level">
    <xsl:variable name="item" select="key('item', @ItemOID)"/>
    <tr id="{@ItemOID}" class="level">
      <td class="where"><xsl:apply-templates select="key('where', def:WhereClauseRef/@WhereClauseOID)"/></td>
      <td><xsl:apply-templates select="$item/odm:Description"/></td>
      <xsl:call-template name="item-cells"><xsl:with-param name="item" select="$item"/></xsl:call-template>
    </tr>
  </xsl:template>

  <xsl:template match="def:WhereClauseDef">
    <xsl:for-each select="odm:RangeCheck">
      <xsl:if test="position() &gt; 1"><b> and </b></xsl:if>
      <xsl:value-of select="key('item', @def:ItemOID)/@Name"/>
      <xsl:choose>
        <xsl:when test="@Comparator = 'EQ'"> = </xsl:when>
        <xsl:when test="@Comparator = 'NE'"> ≠ </xsl:when>
        <xsl:when test="@Comparator = 'NOTIN'"> not in </xsl:when>
        <xsl:when test="@Comparator = 'IN'"> in </xsl:when>
        <xsl:otherwise><xsl:value-of select="concat(' ', @Comparator, ' ')"/></xsl:otherwise>
      </xsl:choose>
      <xsl:for-each select="odm:CheckValue">
        <xsl:if test="position() &gt; 1">, </xsl:if>
        <i><xsl:value-of select="."/></i>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="item-cells">
    <xsl:param name="item"/>
    <td class="type">
      <xsl:value-of select="$item/@DataType"/>
      <xsl:if test="$item/@Length">
        <xsl:text> </xsl:text>
        <b>
          <xsl:choose>
            <xsl:when test="$item/@def:DisplayFormat"><xsl:value-of select="$item/@def:DisplayFormat"/></xsl:when>
            <xsl:otherwise><xsl:value-of select="$item/@Length"/></xsl:otherwise>
          </xsl:choose>
        </b>
      </xsl:if>
    </td>
    <td class="terms">
      <xsl:apply-templates select="key('codelist', $item/odm:CodeListRef/@CodeListOID)" mode="inline"/>
      <xsl:if test="contains($item/@DataType, 'ate') or contains($item/@DataType, 'ime')">
        <span class="quiet">ISO 8601</span>
      </xsl:if>
    </td>
    <td class="origin">
      <xsl:apply-templates select="$item/def:Origin"/>
      <xsl:for-each select="key('method', @MethodOID)">
        <p class="text"><a class="kind" href="#{@OID}">Method</a><xsl:text> </xsl:text><xsl:apply-templates select="odm:Description"/></p>
      </xsl:for-each>
      <xsl:for-each select="key('comment', $item/@def:CommentOID)">
        <p class="text"><a class="kind" href="#{@OID}">Comment</a><xsl:text> </xsl:text><xsl:apply-templates select="odm:Description"/>
          <xsl:apply-templates select="def:DocumentRef"/></p>
      </xsl:for-each>
    </td>
  </xsl:template>

  <xsl:template match="def:Origin">
    <div>
    <span class="source {translate(@Type, ' ', '-')}">
      <xsl:value-of select="@Type"/>
      <xsl:if test="@Source"><small><xsl:value-of select="@Source"/></small></xsl:if>
    </span>
    <xsl:apply-templates select="odm:Description"/>
    <xsl:apply-templates select="def:DocumentRef"/>
    </div>
  </xsl:template>

  <xsl:template match="def:DocumentRef">
    <xsl:variable name="leaf" select="key('leaf', @leafID)"/>
    <span class="document">
      <xsl:text> </xsl:text>
      <xsl:choose>
        <xsl:when test="def:PDFPageRef">
          <xsl:value-of select="$leaf/def:title"/>
          <xsl:for-each select="def:PDFPageRef">
            <xsl:call-template name="pages">
              <xsl:with-param name="href" select="$leaf/@xlink:href"/>
              <xsl:with-param name="pages" select="normalize-space(@PageRefs)"/>
            </xsl:call-template>
          </xsl:for-each>
        </xsl:when>
        <xsl:otherwise><xsl:apply-templates select="$leaf"/></xsl:otherwise>
      </xsl:choose>
    </span>
  </xsl:template>

  <xsl:template name="pages">
    <xsl:param name="href"/>
    <xsl:param name="pages"/>
    <xsl:variable name="page" select="substring-before(concat($pages, ' '), ' ')"/>
    <xsl:if test="$page">
      <xsl:text> </xsl:text>
      <a href="{$href}#page={$page}">p. <xsl:value-of select="$page"/></a>
      <xsl:call-template name="pages">
        <xsl:with-param name="href" select="$href"/>
        <xsl:with-param name="pages" select="substring-after($pages, ' ')"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- Codelists -->

  <xsl:template match="odm:CodeList" mode="inline">
    <a href="#{@OID}"><xsl:value-of select="@Name"/></a>
    <xsl:variable name="terms" select="odm:CodeListItem | odm:EnumeratedItem"/>
    <xsl:choose>
      <xsl:when test="odm:ExternalCodeList"></xsl:when>
      <xsl:when test="count($terms) &lt;= $inline-terms">
        <span class="inline">
          <xsl:for-each select="$terms">
            <xsl:if test="position() &gt; 1"> · </xsl:if>
            <xsl:value-of select="@CodedValue"/>
          </xsl:for-each>
        </span>
      </xsl:when>
      <xsl:otherwise><span class="inline"><xsl:value-of select="count($terms)"/> terms</span></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="codelists">
    <xsl:if test="$mdv/odm:CodeList">
      <section id="codelists">
        <h2>Codelists <small>terms in use</small></h2>
        <xsl:apply-templates select="$mdv/odm:CodeList" mode="full">
          <xsl:sort select="@Name"/>
        </xsl:apply-templates>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template match="odm:CodeList" mode="full">
    <article id="{@OID}">
      <h3>
        <xsl:value-of select="@Name"/>
        <xsl:for-each select="odm:Alias[@Context = 'nci:ExtCodeID']">
          <xsl:text> </xsl:text><span class="ccode"><xsl:value-of select="@Name"/></span>
        </xsl:for-each>
        <xsl:if test="@def:IsNonStandard = 'Yes'"><xsl:text> </xsl:text><span class="mark">sponsor</span></xsl:if>
      </h3>
      <p class="facts">
        <xsl:for-each select="key('standard', @def:StandardOID)">
          <span><xsl:call-template name="standard-name"/></span>
        </xsl:for-each>
        <span>Used by
          <xsl:for-each select="key('codelist-user', @OID)">
            <xsl:if test="position() &gt; 1">, </xsl:if>
            <a href="#{@OID}"><xsl:value-of select="substring-after(@OID, 'IT.')"/></a>
          </xsl:for-each>
        </span>
      </p>
      <xsl:choose>
        <xsl:when test="odm:ExternalCodeList">
          <p>External dictionary <b><xsl:value-of select="odm:ExternalCodeList/@Dictionary"/></b>
            <xsl:text> </xsl:text><xsl:value-of select="odm:ExternalCodeList/@Version"/></p>
        </xsl:when>
        <xsl:otherwise>
          <table class="codes">
            <thead><tr><th scope="col">Term</th>
              <xsl:if test="odm:CodeListItem"><th scope="col">Meaning</th></xsl:if>
              <th scope="col">C-code</th></tr></thead>
            <tbody>
              <xsl:for-each select="odm:CodeListItem | odm:EnumeratedItem">
                <tr>
                  <th scope="row"><xsl:value-of select="@CodedValue"/></th>
                  <xsl:if test="odm:Decode"><td><xsl:apply-templates select="odm:Decode"/></td></xsl:if>
                  <td>
                    <span class="ccode"><xsl:value-of select="odm:Alias[@Context = 'nci:ExtCodeID']/@Name"/></span>
                    <xsl:if test="@def:ExtendedValue = 'Yes'"><span class="mark">extended</span></xsl:if>
                  </td>
                </tr>
              </xsl:for-each>
            </tbody>
          </table>
        </xsl:otherwise>
      </xsl:choose>
    </article>
  </xsl:template>

  <!-- Methods, comments, documents -->

  <xsl:template name="methods">
    <xsl:if test="$mdv/odm:MethodDef">
      <section id="methods">
        <h2>Methods</h2>
        <table class="texts">
          <thead><tr><th scope="col">Method</th><th scope="col">Type</th><th scope="col">Description</th>
            <th scope="col">Used by</th></tr></thead>
          <tbody>
            <xsl:for-each select="$mdv/odm:MethodDef">
              <tr id="{@OID}">
                <th scope="row"><xsl:value-of select="@Name"/></th>
                <td><xsl:value-of select="@Type"/></td>
                <td class="text"><xsl:apply-templates select="odm:Description"/><xsl:apply-templates select="def:DocumentRef"/></td>
                <td>
                  <xsl:for-each select="key('method-user', @OID)">
                    <xsl:if test="position() &gt; 1">, </xsl:if>
                    <a href="#{@ItemOID}"><xsl:value-of select="substring-after(@ItemOID, 'IT.')"/></a>
                  </xsl:for-each>
                </td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template match="def:CommentDef" mode="note">
    <p class="note text"><xsl:apply-templates select="odm:Description"/><xsl:apply-templates select="def:DocumentRef"/></p>
  </xsl:template>

  <xsl:template name="comments">
    <xsl:if test="$mdv/def:CommentDef">
      <section id="comments">
        <h2>Comments</h2>
        <table class="texts">
          <thead><tr><th scope="col">Comment</th><th scope="col">On</th></tr></thead>
          <tbody>
            <xsl:for-each select="$mdv/def:CommentDef">
              <tr id="{@OID}">
                <td class="text"><xsl:apply-templates select="odm:Description"/><xsl:apply-templates select="def:DocumentRef"/></td>
                <td>
                  <xsl:for-each select="key('comment-user', @OID)">
                    <xsl:if test="position() &gt; 1">, </xsl:if>
                    <xsl:choose>
                      <xsl:when test="self::odm:MetaDataVersion"><a href="#study">the study</a></xsl:when>
                      <xsl:otherwise><a href="#{@OID}"><xsl:value-of select="substring-after(@OID, '.')"/></a></xsl:otherwise>
                    </xsl:choose>
                  </xsl:for-each>
                </td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="documents">
    <xsl:if test="$mdv/def:leaf">
      <section id="documents">
        <h2>Documents</h2>
        <ul>
          <xsl:for-each select="$mdv/def:leaf">
            <li id="{@ID}"><xsl:apply-templates select="."/><xsl:text> </xsl:text>
              <span class="quiet"><xsl:value-of select="@xlink:href"/></span></li>
          </xsl:for-each>
        </ul>
      </section>
    </xsl:if>
  </xsl:template>

  <!-- Look and filter -->

  <xsl:template name="style">
    <style>
      :root { --ink: #1b2733; --quiet: #5b6b7b; --line: #dde4ea; --soft: #f5f7f9; --accent: #0b5c8a;
        --mark: #fff4d6; --mark-ink: #7a5200; color-scheme: light }
      * { box-sizing: border-box }
      html { scroll-padding-top: 3.2rem }
      body { margin: 0; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, "Segoe UI", Roboto,
        "Helvetica Neue", Arial, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif }
      a { color: var(--accent); text-decoration: none }
      a:hover, a:focus-visible { text-decoration: underline }
      .synthetic { position: sticky; top: 0; z-index: 3; padding: .4rem 1rem; text-align: center; color: #fff;
        background: #a8321d; font-weight: 600; letter-spacing: .02em }
      nav { position: fixed; inset: 0 auto 0 0; width: 17.5rem; padding: 1.2rem 1rem 3rem; overflow-y: auto;
        background: var(--soft); border-right: 1px solid var(--line); font-size: 13px }
      .synthetic ~ nav { top: 2.3rem }
      nav .study { display: block; margin-bottom: .8rem; font-size: 15px; font-weight: 700; overflow-wrap: anywhere }
      nav input { width: 100%; padding: .45rem .6rem; border: 1px solid #c3ced8; border-radius: 6px; font: inherit }
      nav #found { margin: .3rem 0 0; min-height: 1.2em; color: var(--quiet) }
      nav h2 { margin: 1rem 0 .2rem; font-size: 13px } nav h2 small { color: var(--quiet); font-weight: 400 }
      nav h3 { margin: .7rem 0 .15rem; color: var(--quiet); font-size: 10.5px; font-weight: 600;
        letter-spacing: .08em }
      nav ul { margin: 0; padding: 0; list-style: none }
      nav li a { display: flex; gap: .5rem; padding: .1rem .3rem; border-radius: 4px; white-space: nowrap }
      nav li a:hover { background: #e6edf3; text-decoration: none }
      nav li b { min-width: 3.9rem } nav li span { overflow: hidden; color: var(--quiet); text-overflow: ellipsis }
      main { max-width: 96rem; margin-left: 17.5rem; padding: 2rem 2.5rem 6rem }
      h1 { margin: .1rem 0 .4rem; font-size: 27px; line-height: 1.2 }
      main h2 { margin: 3rem 0 .5rem; font-size: 21px; line-height: 1.25 }
      main h2 small { margin-left: .3rem; color: var(--quiet); font-size: 16px; font-weight: 400 }
      main h3 { margin: 1.8rem 0 .2rem; font-size: 15px }
      .kicker { margin: 0; color: var(--quiet); font-size: 12px; letter-spacing: .08em; text-transform: uppercase }
      .lead { max-width: 60rem; margin: 0 0 1rem; font-size: 17px }
      dl { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; margin: 0 }
      dt { color: var(--quiet); font-size: 12px } dd { margin: 0 }
      .chip { display: inline-block; margin-right: .4rem; padding: .05rem .55rem; border-radius: 1rem;
        background: #e4eef5; font-size: 13px }
      .facts { margin: 0 0 .6rem; color: var(--quiet); font-size: 13px }
      .facts span:not(:last-child)::after { content: "  |"; white-space: pre; color: #b3bfca }
      .facts span { margin-right: .35rem }
      .note { max-width: 60rem; padding: .5rem .9rem; border-left: 3px solid var(--accent); background: var(--soft) }
      table { width: 100%; border-collapse: collapse; font-size: 13.5px }
      th, td { padding: .38rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
      thead th { border-bottom: 2px solid #b9c5d0; color: var(--quiet); font-size: 12px; font-weight: 600;
        white-space: nowrap }
      tbody tr:hover { background: #fafcfd }
      tr:target > *, article:target h3 { background: #fff8e1 }
      .variables th:nth-child(1) { width: 15% } .variables th:nth-child(2) { width: 21% }
      .variables th:nth-child(3) { width: 11% } .variables th:nth-child(4) { width: 21% }
      .type b { font-weight: 500; font-variant-numeric: tabular-nums } .type { color: #37475a }
      .terms a { overflow-wrap: anywhere }
      .inline { display: block; color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere }
      .code { font-size: 12.5px; overflow-wrap: anywhere } .quiet, .document { color: var(--quiet) }
      .text { white-space: pre-line } td p.text { margin: .15rem 0 0; font-size: 13px }
      .kind { color: var(--accent); font-size: 11px; font-weight: 600; letter-spacing: .03em; text-transform: uppercase }
      .level td { border-bottom-color: #edf1f4; background: #fafbfc; font-size: 12.5px }
      .level .where { padding-left: 1.5rem; color: #37475a; overflow-wrap: anywhere }
      .level .where::before { content: "└ "; color: #9aa8b5 } .where i { font-style: normal; font-weight: 600 }
      .source { display: inline-block; margin-right: .3rem; padding: 0 .45rem; border-radius: 4px; background: #e9edf1;
        font-size: 12px } .source small { margin-left: .35rem; opacity: .75 }
      .Collected { background: #dff1e4 } .Derived { background: #e5e4f8 } .Protocol { background: #fdeeda }
      .Assigned { background: #e2eef8 } .Not-Available { background: #eee }
      .document { font-size: 12px } .translation { display: block; color: var(--quiet); font-size: .92em }
      .mark { padding: 0 .4rem; border-radius: 4px; color: var(--mark-ink); background: var(--mark); font-size: 11px;
        font-weight: 500; white-space: nowrap }
      .req { color: var(--quiet); background: #eef2f5 }
      .key { display: inline-block; min-width: 1.25em; margin-left: .4rem; padding: 0 .25em; border-radius: 3px;
        color: #fff; background: var(--accent); font-size: 10.5px; line-height: 1.5; text-align: center }
      .ccode { color: var(--quiet); font-size: 12px; font-weight: 400; font-variant-numeric: tabular-nums }
      .codes { width: auto; min-width: 28rem; max-width: 100% } .codes th[scope=row] { font-weight: 500 }
      .codes th, .codes td { padding: .2rem .9rem .2rem .6rem }
      .texts th[scope=row] { width: 16rem; font-weight: 500 } .texts td { max-width: 40rem; overflow-wrap: anywhere }
      [hidden] { display: none !important }
      @media (max-width: 60rem) { nav { position: static; width: auto; max-height: 40vh }
        main { margin-left: 0; padding: 1rem; overflow-x: auto } }
      @media print { @page { size: A4 landscape; margin: 12mm }
        body { font-size: 9pt } nav { display: none } main { max-width: none; margin: 0; padding: 0 }
        .synthetic { position: static; border: 1.5pt solid #a8321d; color: #a8321d; background: none }
        table { font-size: 8pt } thead { display: table-header-group } tr, article h3 { break-inside: avoid }
        h2, h3 { break-after: avoid } .dataset { break-before: page } a { color: inherit }
        .source, .mark, .kind, .inline, .document, .level td, td p.text { font-size: inherit }
        .source, .mark, .key, .chip { border: .5pt solid #999; color: inherit; background: none } }
    </style>
  </xsl:template>

  <xsl:template name="script">
    <script><xsl:text disable-output-escaping="yes"><![CDATA[
      "use strict";
      const filter = document.getElementById("filter"), found = document.getElementById("found");
      const sections = [...document.querySelectorAll(".dataset")].map(section => ({
        section, rows: [...section.querySelectorAll("tbody tr")].map(row => [row, row.textContent.toLowerCase()])
      }));
      filter.hidden = false;
      filter.addEventListener("input", () => {
        const wanted = filter.value.trim().toLowerCase();
        let shown = 0;
        for (const {section, rows} of sections) {
          let variable = null, any = false;
          for (const [row, text] of rows) {
            const hit = text.includes(wanted);
            row.hidden = !hit;
            if (!row.classList.contains("level")) variable = row;
            if (hit) { variable.hidden = false; any = true; shown += 1; }
          }
          section.hidden = !any && wanted !== "";
        }
        found.textContent = wanted ? shown + " row(s)" : "";
      });
    ]]></xsl:text></script>
  </xsl:template>
</xsl:stylesheet>
