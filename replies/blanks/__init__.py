"""Empty forms to print or fill in: Word (`docx.py`) and PDF (`pdf.py`). Fields carry the keys they are read by."""
