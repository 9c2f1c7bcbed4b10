(select dbml_0.*, {columns}
   from {source} dbml_0
   {joins}) as {alias}
