"""What every screen of the back offices is made of: the site, lists that never scan, badges, filters.

It stands below the modules, so that each module's ``admin.py`` can put its own screens on the retailer's site.
"""
