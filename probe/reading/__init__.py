"""What others wrote, read offline: replies, bounces, messages. No reader here ever raises on any octets."""
