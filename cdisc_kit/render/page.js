"use strict";
const byId = id => document.getElementById(id);
const body = byId("table").tBodies[0];
const rows = [...body.rows].map(row => ({row, text: row.textContent.toLowerCase(), ...row.dataset}));
const cards = [...document.querySelectorAll("button.card")];
const search = byId("search");
const selects = [...byId("controls").querySelectorAll("select")];

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const severities = cards.filter(card => card.ariaPressed === "true").map(card => card.dataset.severity);
  let shown = 0;
  for (const entry of rows) {
    const hit = (!severities.length || severities.includes(entry.severity))
      && selects.every(select => !select.value || entry[select.name] === select.value)
      && words.every(word => entry.text.includes(word));
    entry.row.hidden = !hit;
    shown += hit;
  }
  byId("shown").textContent = shown + " of " + rows.length + " shown";
}

function sortBy(head, column) {
  const ascending = head.ariaSort !== "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.ariaSort = ascending ? "ascending" : "descending";
  const key = entry => { const cell = entry.row.cells[column]; return cell.dataset.sort ?? cell.textContent; };
  const order = new Intl.Collator("en", {numeric: true}).compare;
  rows.sort((a, b) => (ascending ? 1 : -1) * order(key(a), key(b)));
  body.append(...rows.map(entry => entry.row));
}

[...byId("table").tHead.rows[0].cells].forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sortBy(head, column));
  head.append(button);
});
for (const card of cards) card.addEventListener("click", () => {
  card.ariaPressed = card.ariaPressed === "true" ? "false" : "true";
  filter();
});
for (const link of document.querySelectorAll("[data-rule]")) if (link.tagName === "A")
  link.addEventListener("click", () => {
    for (const select of selects) select.value = link.dataset[select.name] ?? "";
    filter();
  });
search.addEventListener("input", filter);
for (const select of selects) select.addEventListener("change", filter);
byId("reset").addEventListener("click", () => {
  for (const control of [search, ...selects]) control.value = "";
  for (const card of cards) card.ariaPressed = "false";
  filter();
});
byId("controls").hidden = false;
filter();
