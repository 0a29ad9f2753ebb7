"""Many recipients or domains before a send: what DNS says of each domain, and what it means for them."""
