"""A small consortium, made up: its practices, its referrals, its hospital's claims, and the errors planted in them."""
