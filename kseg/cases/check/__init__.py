"""Do the files of a cohort fit each other, and can they be learnt from?"""
