"""cdisc-kit: raw case-report-form data to an SDTM submission package."""

__version__ = "0.1.0"
