
// Counters, as the database's triggers move them: null is SQL's NULL, and texts, numbers and Dates are equal by value.
const plain = (x) => (x instanceof Date ? x.getTime() : x);
const known = (...values) => values.every((value) => value !== null);
const compare = (test) => (a, b) => (known(a, b) ? test(plain(a), plain(b)) : null);
const eq = compare((a, b) => a === b), ne = compare((a, b) => a !== b);
const lt = compare((a, b) => a < b), le = compare((a, b) => a <= b), gt = compare((a, b) => a > b), ge = compare((a, b) => a >= b);
const both = (a, b) => (a === false || b === false ? false : known(a, b) ? true : null);
const either = (a, b) => (a === true || b === true ? true : known(a, b) ? false : null);
const opposite = (a) => (a === null ? null : !a);
const same = (a, b) => plain(a) === plain(b);
const first = (values) => values.find((value) => value !== null) ?? null;
const among = (a, values) => values.map((value) => eq(a, value)).reduce(either, false);
const digits = (x) => (/e/.test(x) ? NaN : (String(x).split(".")[1] ?? "").length);

// Decimals are added as decimals: 0.1 and 0.2 are 0.3.
function add(a, b) {
  if (!known(a, b)) return null;
  const scale = 10 ** Math.max(digits(a), digits(b)), x = Math.round(a * scale), y = Math.round(b * scale);
  return Number.isSafeInteger(x) && Number.isSafeInteger(y) ? (x + y) / scale : a + b;
}
const subtract = (a, b) => (b === null ? null : add(a, -b));
function multiply(a, b) {
  if (!known(a, b)) return null;
  const places = digits(a) + digits(b), product = Math.round(a * 10 ** digits(a)) * Math.round(b * 10 ** digits(b));
  return Number.isSafeInteger(product) ? product / 10 ** places : a * b;
}
const plus = (a, b) => (known(a, b) ? a + b : null), minus = (a, b) => (known(a, b) ? a - b : null);
const times = (a, b) => (known(a, b) ? a * b : null);

function of(event, name) {
  if (event[name] === undefined) throw new Refused(`an event lacks "${name}"; give null for what is unknown`);
  return event[name];
}

const STEPS = {
  count: (before) => (before ?? 0) + 1,
  sum: (before, value, exact) => (before === null ? value : exact ? add(before, value) : before + value),
  min: (before, value) => (before === null || lt(value, before) ? value : before),
  max: (before, value) => (before === null || gt(value, before) ? value : before),
  bool_or: (before, value) => before === true || value,
  bool_and: (before, value) => before !== false && value,
};

// The profile's row after events: {"public.complaint": [{customer_id: 7, …}]}; those of other entities are passed over.
export function reduce(profile, events) {
  const keys = /*keys*/, key = /*key*/, row = { ...profile };
  for (const table of Object.keys(events)) if (!(table in keys)) throw new Refused(`no counter counts ${table}`);
  function move(column, step, table, exact, condition, value) {
    if (row[column] === undefined) throw new Refused(`the profile lacks "${column}"`);
    for (const event of events[table] ?? []) {
      if (!key.every((name, i) => eq(of(event, keys[table][i]), of(row, name)) === true)) continue;
      if (condition(event) !== true || value(event) === null) continue;
      row[column] = STEPS[step](row[column], value(event), exact);
    }
  }
/*moves*/
  return row;
}
