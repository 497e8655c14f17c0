from assistant import egress

egress.silence()
