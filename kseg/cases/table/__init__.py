"""Who are the patients of a clinic's table, as it is handed over?"""
