"""What stands in a table file, cell by cell, whatever program wrote it?"""
