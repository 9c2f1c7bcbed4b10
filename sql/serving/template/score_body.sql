select case model
{models:s}
         else dbml._score_by_name(model, to_jsonb(c))
       end
