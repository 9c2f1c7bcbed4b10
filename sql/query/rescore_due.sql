select dbml.rescore_due() as moved
