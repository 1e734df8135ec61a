"""Who somebody is: linked accounts, a lost phone, their own data."""
