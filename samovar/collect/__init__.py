"""What happened, and to whom: sources, events, imports, identity, consent and suppression, goods, orders, the customer card."""
