"""The row and its papers: file, ledger, lineage, held-out rows, reviews."""
