"""Settings: `development` on one machine, `test` for the suite, `production` for the real thing."""
