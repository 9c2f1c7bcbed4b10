select name, value from dbml.setting
