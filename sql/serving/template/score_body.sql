select case model
{models:s}
         else dbml._not_deployed(model)
       end
