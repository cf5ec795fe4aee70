"""Which files lie in a folder, and to which case does each belong?"""
