select count(*){zero}
  into dbml_entities{updated}
  from ({touched}) as d;
