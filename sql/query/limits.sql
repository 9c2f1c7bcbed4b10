select * from dbml._limits()
