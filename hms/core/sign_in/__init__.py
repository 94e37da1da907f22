"""Signing in: the door, second factors, guesses, sessions, and the quick switch at a shared computer.

allauth carries the flows; what it asks back is answered in `adapters`. Pages stand in `hms.core.views.sign_in`,
`.factors` and `.lock`, their addresses in `hms.core.account_urls`: no route of allauth's is open but those.
"""
