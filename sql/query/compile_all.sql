select dbml._compile_all()
