"""Pure building blocks: no Django, no database, no clock but the one that is passed in."""
