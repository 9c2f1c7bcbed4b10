"""Plays the company's customers: they come, they complain, and some leave. Stands for the application and for time."""

import math
import random
import sys

import sqlalchemy as sa
from shop import Complaint, Customer, Departure, url
from sqlalchemy.orm import Session

PLANS = {"basic": 0.0, "plus": 0.4, "family": -0.6}


def main(customers: int) -> None:
    with Session(sa.create_engine(url())) as session:
        first = session.scalar(sa.select(sa.func.coalesce(sa.func.max(Customer.id), 0))) + 1
        chance = random.Random(first)
        for key in range(first, first + customers):
            plan, spend = chance.choice(list(PLANS)), round(chance.gauss(50, 20), 2)
            complaints = min(int(chance.expovariate(0.5)), 12)
            # Nobody minds three complaints; from the fourth on a customer is as good as gone. A line cannot say that.
            pull = PLANS[plan] + 0.01 * (spend - 50) + (2.5 if complaints > 3 else -2.5)
            session.add(Customer(id=key, plan=plan, spend=spend))
            session.flush()
            session.add_all(Complaint(customer_id=key) for _ in range(complaints))
            session.add(Departure(customer_id=key, departed=chance.random() < 1 / (1 + math.exp(-pull))))
        session.commit()


if __name__ == "__main__":
    main(int(sys.argv[1]))
