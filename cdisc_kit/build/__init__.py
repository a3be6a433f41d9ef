"""From canonical raw tables to SDTM datasets."""
