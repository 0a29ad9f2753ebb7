"""Reviewed data as TOML (reply rules, causes, evidence, blocklists, providers) and its loading."""
