"""`python -m tests.stripe_double [PORT [NOTICES_TO]]`: the whole Stripe path by hand, without an account."""

import sys
import time

from tests.stripe_double.server import Double

port = int(sys.argv[1]) if len(sys.argv) > 1 else 12111
to = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000/notices/stripe/"
with Double(port=port, notices_to=to) as double:
    double.post.at_once = True
    print(f"  A double of Stripe at {double.url}. Start the product with:", flush=True)
    print(f"  STRIPE_SECRET_KEY=sk_test_double STRIPE_WEBHOOK_SECRETS=whsec_double STRIPE_API_BASE={double.url} make run", flush=True)
    try:
        while True:
            time.sleep(10)
            for session in double.sessions():  # what was paid by a slow method is decided
                if "decides_to" in session:
                    double.book.decide(session["id"], "", success=session.pop("decides_to"))
    except KeyboardInterrupt:
        pass
