"""How is Run Studio wired and deployed?"""
