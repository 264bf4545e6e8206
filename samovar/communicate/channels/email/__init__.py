"""E-mail: the letter as bytes, its signature, the connections to a server and the built-in mailbox. Free of Django and stores."""
