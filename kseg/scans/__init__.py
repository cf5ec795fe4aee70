"""Which CTs were handed in, and what is wrong with them?"""
