"""Mail logs: `formats` names what can be read, `reader` how, `event` what comes out."""
