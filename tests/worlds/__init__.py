"""What several tests share: small worlds, brute force on them, and honest statistics."""
