package policy

import "github.com/weirmesh/weir"

// builtin is the set that every mesh has, in the order in which findings are
// shown. A mesh changes the severity of one, or switches it off. Names never
// change their meaning: ledgers hold them.
var builtin = []Rule{
	{
		Name: "owner", Severity: weir.SeverityError, When: weir.WhenAlways,
		Expression: `product.owner != ''`,
		Message:    "nobody answers for it",
		Fix:        "weir product edit {product.name} --owner PERSON",
	},
	{
		Name: "owner-team", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `product.owner == '' || product.ownerInTeam`,
		Message:    "its owner {product.owner} is not a member of the team {product.team}, which owns the domain",
		Fix:        "weir team add {product.team} {product.owner}, or weir product edit {product.name} --owner PERSON",
	},
	{
		Name: "description", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `size(product.description) >= 20`,
		Message:    "its description does not tell what it holds: it has less than 20 characters",
		Fix:        "weir product edit {product.name} --description TEXT",
	},
	{
		Name: "purpose", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.purpose != ''`,
		Message:    "nobody is told what it is for",
		Fix:        "weir product edit {product.name} --purpose TEXT",
	},
	{
		Name: "quality", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.quality != ''`,
		Message:    "nobody knows how far its data can be trusted",
		Fix:        "weir product edit {product.name} --quality authoritative, curated or raw",
	},
	{
		Name: "sla", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.sla != ''`,
		Message:    "nobody knows how soon it is mended when it fails",
		Fix:        "weir product edit {product.name} --sla tier-1, tier-2 or tier-3",
	},
	{
		Name: "objectives", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.sla != 'tier-1' || size(product.slos) > 0`,
		Message:    "it is mended first (tier-1), and declares no objective by which one would see that it fails",
		Fix:        "weir product edit {product.name} --slo freshness=5m",
	},
	{
		Name: "retention", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.retention == duration('0s') ||
!product.slos.exists(s, s.property == 'retention' && duration(string(int(s.value)) + 's') > product.retention)`,
		Message: "it promises to keep records longer than its topic does",
		Fix:     "weir product edit {product.name} --retention DURATION, or promise less: --slo retention=DURATION",
	},
	{
		Name: "schema", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.hasSchema || product.encoding == 'bytes'`,
		Message:    "its values have no schema, so nobody knows their fields",
		Fix:        "weir schema register {product.subject} FILE",
	},
	{
		Name: "fields", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `2 * size(product.fields.filter(f, f.description == '' && f.term == '')) > size(product.fields)
  ? product.fields.filter(f, f.description == '' && f.term == '').map(f, f.path) : []`,
		Message: "more than half of its fields are not explained: {where}",
		Fix:     "weir product field {product.name} FIELD --description TEXT; or explain them in the schema",
	},
	{
		Name: "terms", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.hasTerms`,
		Message:    "it has no terms of use",
		Fix:        "weir product edit {product.name} --terms FILE",
	},
	{
		Name: "open", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.access == 'open'
  ? product.fields.filter(f, f.classification in ['personal', 'secret']).map(f, f.path) : []`,
		Message: "every application may read it, and these fields are personal or secret: {where}",
		Fix:     "weir product edit {product.name} --access request",
	},
	{
		Name: "open-when-published", Severity: weir.SeverityError, When: weir.WhenPublish,
		Expression: `product.access == 'open'
  ? product.fields.filter(f, f.classification in ['personal', 'secret']).map(f, f.path) : []`,
		Message: "every application could read it, and these fields are personal or secret: {where}",
		Fix:     "publish it with --access request; or say with weir product field what the fields are, if they are not",
	},
	{
		Name: "depth", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.depth <= 2`,
		Message:    "more than 2 queries stand one above the other below it, and each may be late or fail",
		Fix:        "make {product.name} of what is nearer to the sources: weir lineage {product.name} --up",
	},
	{
		Name: "unclassified", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.fields.filter(f, f.classification == '' &&
  f.path.matches('(?i)(^|[._-])(e-?mail|phone|mobile|ssn|iban|birth_?(day|date)|date_?of_?birth|passport|password|(first|last|full|sur)_?name)(_?(address|number|no))?(\\[\\])?$')
).map(f, f.path)`,
		Message: "the names of these fields sound personal, and nobody says whether they are: {where}",
		Fix:     "weir product field {product.name} FIELD --classification personal, or another one",
	},
	{
		Name: "key", Severity: weir.SeverityWarning, When: weir.WhenAlways,
		Expression: `product.kind != 'table' || size(product.key) > 0 || product.encoding == 'bytes'`,
		Message:    "it is a table, and nobody is told which fields its key holds",
		Fix:        "make a new one with weir product create --kind table --key FIELD,...; the key is a promise and does not change",
	},
	{
		Name: "name", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `!product.shortName.matches('(^|-)(v[0-9]+|tmp|temp|test|new|old|final)$') && !product.shortName.startsWith(product.domain + '-')`,
		Message:    "its name repeats the domain, or says something that will not stay true",
		Fix:        "choose a name that says what it holds when you make the next one: versions are majors, and the domain stands before the dot already",
	},
	{
		Name: "event-time", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `product.kind != 'stream' || !product.hasSchema || product.eventTime != ''`,
		Message:    "nobody knows which field says when something happened, which queries over time need",
		Fix:        "weir product edit {product.name} --event-time FIELD",
	},
	{
		Name: "tags", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `size(product.tags) > 0`,
		Message:    "it has no tag by which one could find it",
		Fix:        "weir product edit {product.name} --add-tag area:VALUE",
	},
	{
		Name: "support", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `size(product.support) > 0`,
		Message:    "nobody knows where to ask about it",
		Fix:        "weir product edit {product.name} --support CHANNEL=URL",
	},
	{
		Name: "documentation", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `product.hasDocumentation`,
		Message:    "it has no documentation",
		Fix:        "weir product edit {product.name} --doc FILE",
	},
	{
		Name: "successor", Severity: weir.SeverityInfo, When: weir.WhenAlways,
		Expression: `product.lifecycle != 'deprecated' || product.successor != ''`,
		Message:    "it is deprecated, and nobody knows what to read instead",
		Fix:        "weir product deprecate {product.name} --successor DOMAIN.PRODUCT",
	},
	{
		Name: "empty", Severity: weir.SeverityWarning, When: weir.WhenPublish,
		Expression: `publish.records > 0 || size(publish.reason) >= 10`,
		Message:    "it holds no record yet, and the reason does not tell why it is worth publishing",
		Fix:        "write a record first, or say more: --reason TEXT",
	},
}

// BuiltIn lists the policies that every mesh has, in the order in which findings
// are shown.
func BuiltIn() []Rule { return append([]Rule(nil), builtin...) }
