"""Does a program pass its tests, run in a Docker sandbox?"""
