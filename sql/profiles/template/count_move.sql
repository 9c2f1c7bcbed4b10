{prime}
update {profile} p
   set {assignments}
  from ({changes}) as d
 where {matches};
{updated}
