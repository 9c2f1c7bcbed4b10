select dbml._forget_failures()
