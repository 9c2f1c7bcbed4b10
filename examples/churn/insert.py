"""An ordinary script: it knows nothing of dbml, and the scores are right."""

import sqlalchemy as sa
from shop import Complaint, Customer, url
from sqlalchemy.orm import Session


def main() -> None:
    with Session(sa.create_engine(url())) as session:
        plans = ["basic", "plus", "größer"]
        session.add_all(Customer(id=i, plan=plans[i % 3], spend=20 + i * 7 % 60) for i in range(1, 31))
        session.flush()
        session.add_all(Complaint(customer_id=i % 30 + 1, severity=i % 4) for i in range(0, 90, 2))
        session.commit()
        likeliest = session.scalars(sa.select(Customer).order_by(sa.desc(Customer.churn_score)).limit(3))
        for customer in likeliest:
            print(customer.id, customer.plan, customer.complaints, customer.churn_version, customer.churn_score)


if __name__ == "__main__":
    main()
