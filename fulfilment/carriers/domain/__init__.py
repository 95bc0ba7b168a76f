"""Pure types and calculations of carriers: no Django, no database, no clock but what is passed in."""
