"""Individual participant data (IPD): a study's datasets de-identified and judged before they are shared."""
