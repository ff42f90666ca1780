"""What files hold: patients, agents, and how drugs are given."""
