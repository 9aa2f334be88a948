package jsonschema

// Rule is one reason for which a reader cannot read a writer's records. Names
// are those of the differences that stock registries report, where they have
// one.
type Rule struct {
	Name string
	// Compares is the keywords that the rule looks at.
	Compares string
	// Breaks is when it is broken: a sentence in which %R stands for what the
	// reader's schema says and %W for what the writer's says.
	Breaks string
	// Fix is what to do.
	Fix string
}

// Rules is the table of all rules, in the order of the documentation.
func Rules() []Rule {
	var all []Rule
	for _, g := range Groups() {
		all = append(all, g.Rules...)
	}
	return all
}

// Group is the rules on one sort of value.
type Group struct {
	Title string
	Rules []Rule
}

// Groups is the table of rules by the sort of value that they are about.
func Groups() []Group {
	return []Group{
		{"Any value", anyRules()},
		{"Strings", stringRules()},
		{"Numbers", numberRules()},
		{"Objects", objectRules()},
		{"Arrays", arrayRules()},
		{"Combinations", combinedRules()},
	}
}

func anyRules() []Rule {
	return []Rule{
		{"TYPE_NARROWED", "type", "the reader allows %R, but the writer may write %W", "allow all of the writer's types, or use a new field for the other type"},
		{"TYPE_CHANGED", "type", "the reader allows %R, but the writer writes %W", "keep the type, or use a new field for the other type"},
		{"ENUM_ARRAY_ADDED", "enum", "the reader allows only %R, but the writer may write others (%W)", "drop the enum, or use a new field that has it"},
		{"ENUM_ARRAY_NARROWED", "enum", "the reader's enum %R lacks values of the writer's %W", "put the missing values back"},
		{"ENUM_ARRAY_CHANGED", "enum", "the reader's enum %R lacks values of the writer's %W", "keep the writer's values and add the new ones"},
		{"CONST_ADDED", "const", "the reader allows only %R, but the writer may write others (%W)", "drop the const, or use a new field"},
		{"CONST_CHANGED", "const", "the reader allows only %R, but the writer writes %W", "use enum with both values, or a new field"},
		{"VALUE_REJECTED", "enum, const", "the writer may write %W, which the reader's schema refuses (%R)", "allow that value in the reader's schema"},
		{"REFERENCE_CHANGED", "$ref", "the reader refers to %R, the writer to %W", "refer to the same schema"},
		{"TOO_COMPLEX", "all", "the two schemas cannot be compared within the limit of steps (%R)", "use fewer alternatives (anyOf, oneOf, if) in one schema"},
	}
}

func stringRules() []Rule {
	return []Rule{
		{"MIN_LENGTH_ADDED", "minLength", "the reader needs at least %R characters, the writer's schema has no minLength", "drop minLength"},
		{"MIN_LENGTH_INCREASED", "minLength", "the reader needs at least %R characters, the writer may write %W", "lower minLength to the writer's"},
		{"MAX_LENGTH_ADDED", "maxLength", "the reader takes at most %R characters, the writer's schema has no maxLength", "drop maxLength"},
		{"MAX_LENGTH_DECREASED", "maxLength", "the reader takes at most %R characters, the writer may write %W", "raise maxLength to the writer's"},
		{"PATTERN_ADDED", "pattern", "the reader needs the pattern %R, the writer's schema has none", "drop the pattern"},
		{"PATTERN_CHANGED", "pattern", "the reader needs the pattern %R, the writer follows %W; whether one contains the other is not decided", "keep the writer's pattern, or drop it"},
		{"FORMAT_ADDED", "format (drafts 4 to 7)", "the reader needs the format %R, the writer's schema has none", "drop the format"},
		{"FORMAT_CHANGED", "format (drafts 4 to 7)", "the reader needs the format %R, the writer follows %W", "keep the writer's format, or drop it"},
		{"CONTENT_ENCODING_ADDED", "contentEncoding (draft 7)", "the reader needs the encoding %R, the writer's schema has none", "drop contentEncoding"},
		{"CONTENT_ENCODING_CHANGED", "contentEncoding (draft 7)", "the reader needs the encoding %R, the writer uses %W", "keep the writer's encoding"},
		{"CONTENT_MEDIA_TYPE_ADDED", "contentMediaType (draft 7)", "the reader needs the media type %R, the writer's schema has none", "drop contentMediaType"},
		{"CONTENT_MEDIA_TYPE_CHANGED", "contentMediaType (draft 7)", "the reader needs the media type %R, the writer uses %W", "keep the writer's media type"},
	}
}

func numberRules() []Rule {
	return []Rule{
		{"MINIMUM_ADDED", "minimum", "the reader needs at least %R, the writer's schema has no lower bound", "drop minimum"},
		{"MINIMUM_INCREASED", "minimum", "the reader needs at least %R, the writer may go down to %W", "lower minimum to the writer's"},
		{"MAXIMUM_ADDED", "maximum", "the reader takes at most %R, the writer's schema has no upper bound", "drop maximum"},
		{"MAXIMUM_DECREASED", "maximum", "the reader takes at most %R, the writer may go up to %W", "raise maximum to the writer's"},
		{"EXCLUSIVE_MINIMUM_ADDED", "exclusiveMinimum", "the reader needs more than %R, the writer's schema has no lower bound", "drop exclusiveMinimum"},
		{"EXCLUSIVE_MINIMUM_INCREASED", "exclusiveMinimum", "the reader needs more than %R, the writer may go down to %W", "lower exclusiveMinimum to the writer's, or use minimum"},
		{"EXCLUSIVE_MAXIMUM_ADDED", "exclusiveMaximum", "the reader needs less than %R, the writer's schema has no upper bound", "drop exclusiveMaximum"},
		{"EXCLUSIVE_MAXIMUM_DECREASED", "exclusiveMaximum", "the reader needs less than %R, the writer may go up to %W", "raise exclusiveMaximum to the writer's, or use maximum"},
		{"MULTIPLE_OF_ADDED", "multipleOf", "the reader needs multiples of %R, the writer's schema has no multipleOf", "drop multipleOf"},
		{"MULTIPLE_OF_EXPANDED", "multipleOf", "the reader needs multiples of %R, the writer writes multiples of %W", "use the writer's multipleOf, or a divisor of it"},
		{"MULTIPLE_OF_CHANGED", "multipleOf", "the reader needs multiples of %R, the writer writes multiples of %W", "use the writer's multipleOf, or a divisor of it"},
	}
}

// openFix is what helps where a field is added to a schema that is open. To
// close it now would be refused, too.
const openFix = "use the level FORWARD if readers are changed last, or leave the field's schema empty; a schema takes new fields at BACKWARD only if it is closed (additionalProperties: false) from its first version on, so else make a new major"

func objectRules() []Rule {
	return []Rule{
		{"REQUIRED_ATTRIBUTE_ADDED", "required", "the reader requires the field, the writer may leave it out", "do not require the field, or give it a default"},
		{"REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "required, properties", "the reader requires the field, the writer does not have it", "do not require the field, or give it a default"},
		{"REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "required, properties", "the reader requires the field, the writer's schema does not know it, and so may leave it out, or write anything there", "do not require the field, or use the level FORWARD if readers are changed last, or make a new major whose schema is closed (additionalProperties: false) from its first version on"},
		{"REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL", "required, properties", "the reader needs %R in a field that the writer's schema does not know: it is open, so there may be anything", openFix},
		{"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "properties", "the reader needs %R in a field that the writer's schema does not know: it is open, so there may be anything", openFix},
		{"PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "properties against patternProperties, additionalProperties", "the reader needs %R, but by patternProperties or additionalProperties the writer may write %W there", "give the field a type that allows what the writer's schema allows"},
		{"PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "properties against additionalProperties: false", "the reader refuses the field (additionalProperties: false), the writer may write it (%W)", "keep the field, or allow additional properties"},
		{"PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "properties against patternProperties, additionalProperties", "the reader allows %R there by patternProperties or additionalProperties, the writer may write %W", "keep the field, or widen the schema of additional properties"},
		{"PATTERN_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "patternProperties", "the reader needs %R in fields whose names match, the writer may write anything there", "drop the pattern, or make a new major whose schema is closed from its first version on"},
		{"PATTERN_PROPERTY_NOT_COVERED", "patternProperties", "the reader needs %R in fields whose names match, the writer may write %W", "widen the schema of the pattern"},
		{"ADDITIONAL_PROPERTIES_REMOVED", "additionalProperties", "the reader refuses fields that it does not know, the writer may write some (%W)", "allow additional properties: a schema is closed from its first version on, or in a new major"},
		{"ADDITIONAL_PROPERTIES_NARROWED", "additionalProperties", "the reader allows only %R in fields that it does not know, the writer may write %W", "widen additionalProperties"},
		{"UNEVALUATED_PROPERTIES_REMOVED", "unevaluatedProperties", "the reader refuses fields that it does not know, the writer may write some (%W)", "allow unevaluated properties"},
		{"UNEVALUATED_PROPERTIES_NARROWED", "unevaluatedProperties", "the reader allows only %R in fields that it does not know, the writer may write %W", "widen unevaluatedProperties"},
		{"PROPERTY_NAMES_ADDED", "propertyNames", "the reader restricts the names of fields (%R), the writer does not", "drop propertyNames"},
		{"PROPERTY_NAMES_NARROWED", "propertyNames", "the reader restricts the names of fields to %R, the writer may use %W", "widen propertyNames"},
		{"MIN_PROPERTIES_ADDED", "minProperties", "the reader needs at least %R fields, the writer's schema has no minProperties", "drop minProperties"},
		{"MIN_PROPERTIES_INCREASED", "minProperties", "the reader needs at least %R fields, the writer may write %W", "lower minProperties to the writer's"},
		{"MAX_PROPERTIES_ADDED", "maxProperties", "the reader takes at most %R fields, the writer's schema has no maxProperties", "drop maxProperties"},
		{"MAX_PROPERTIES_DECREASED", "maxProperties", "the reader takes at most %R fields, the writer may write %W", "raise maxProperties to the writer's"},
		{"DEPENDENCY_ARRAY_ADDED", "dependencies, dependentRequired", "beside the field the reader requires %R, the writer requires nothing", "drop the dependency"},
		{"DEPENDENCY_ARRAY_EXTENDED", "dependencies, dependentRequired", "beside the field the reader requires %R, the writer only %W", "require no more than the writer's schema"},
		{"DEPENDENCY_ARRAY_CHANGED", "dependencies, dependentRequired", "beside the field the reader requires %R, the writer %W", "require no more than the writer's schema"},
		{"DEPENDENCY_SCHEMA_ADDED", "dependencies, dependentSchemas", "where the field is present the reader demands more of the record than the writer's schema", "drop the dependency"},
		{"DEPENDENCY_SCHEMA_NARROWED", "dependencies, dependentSchemas", "where the field is present the reader demands more of the record than the writer's schema", "widen the dependency's schema"},
	}
}

func arrayRules() []Rule {
	return []Rule{
		{"SCHEMA_ADDED", "items", "the reader needs %R as elements, the writer may write anything", "drop the schema of the items"},
		{"ITEM_ADDED_TO_OPEN_CONTENT_MODEL", "items (array), prefixItems", "the reader needs %R at this index, the writer may write anything there", "drop the item, or use the level FORWARD if readers are changed last, or make a new major whose list is closed (additionalItems or items: false) from its first version on"},
		{"ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "items (array), prefixItems against the rest", "the reader needs %R at this index, the writer may write %W", "give the item a type that allows what the writer's schema allows"},
		{"ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", "items (array), prefixItems against the rest", "the reader refuses elements from this index on, the writer may write %W", "keep the item, or allow additional items"},
		{"ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "items (array), prefixItems against the rest", "the reader allows %R from this index on, the writer may write %W", "keep the item, or widen the schema of additional items"},
		{"ADDITIONAL_ITEMS_REMOVED", "additionalItems, items behind prefixItems", "the reader refuses further elements, the writer may write some (%W)", "allow additional items"},
		{"ADDITIONAL_ITEMS_NARROWED", "additionalItems, items behind prefixItems", "the reader allows only %R as further elements, the writer may write %W", "widen the schema of additional items"},
		{"UNEVALUATED_ITEMS_REMOVED", "unevaluatedItems", "the reader refuses further elements, the writer may write some (%W)", "allow unevaluated items"},
		{"UNEVALUATED_ITEMS_NARROWED", "unevaluatedItems", "the reader allows only %R as further elements, the writer may write %W", "widen unevaluatedItems"},
		{"MIN_ITEMS_ADDED", "minItems", "the reader needs at least %R elements, the writer's schema has no minItems", "drop minItems"},
		{"MIN_ITEMS_INCREASED", "minItems", "the reader needs at least %R elements, the writer may write %W", "lower minItems to the writer's"},
		{"MAX_ITEMS_ADDED", "maxItems", "the reader takes at most %R elements, the writer's schema has no maxItems", "drop maxItems"},
		{"MAX_ITEMS_DECREASED", "maxItems", "the reader takes at most %R elements, the writer may write %W", "raise maxItems to the writer's"},
		{"UNIQUE_ITEMS_ADDED", "uniqueItems", "the reader needs elements that differ, the writer may repeat them", "drop uniqueItems"},
		{"CONTAINS_ADDED", "contains", "the reader needs an element that fits %R, the writer need not write one", "drop contains"},
		{"CONTAINS_CHANGED", "contains", "the reader needs an element that fits %R, the writer one that fits %W", "widen contains"},
		{"MIN_CONTAINS_INCREASED", "contains, minContains", "the reader needs %R elements that fit contains, the writer may write %W", "lower minContains to the writer's"},
		{"MAX_CONTAINS_ADDED", "contains, maxContains", "the reader takes at most %R elements that fit contains, the writer's schema has no maxContains for them", "drop maxContains"},
		{"MAX_CONTAINS_DECREASED", "contains, maxContains", "the reader takes at most %R elements that fit contains, the writer may write %W", "raise maxContains to the writer's"},
	}
}

func combinedRules() []Rule {
	return []Rule{
		{"COMBINED_TYPE_SUBSCHEMAS_CHANGED", "anyOf, oneOf", "no alternative of the reader's takes all that the writer may write (%W)", "keep the writer's alternatives, each as wide as it was"},
		{"SUM_TYPE_NARROWED", "anyOf, oneOf", "the reader has fewer alternatives (%R) than the writer (%W), and they do not take all that the writer may write", "put the missing alternative back"},
		{"COMBINED_TYPE_CHANGED", "oneOf", "the reader takes what fits exactly one alternative, the writer may write what fits several", "use anyOf, or make the alternatives exclude each other"},
		{"NOT_TYPE_EXTENDED", "not", "the reader refuses what fits %R, the writer may write some of it", "refuse no more than the writer's schema"},
		{"CONDITIONAL_ADDED", "if, then, else", "the reader demands more under a condition, the writer's schema does not", "drop the condition"},
		{"CONDITIONAL_CHANGED", "if, then, else", "the reader demands other things under a condition, or under another condition, than the writer's schema", "keep the condition, and demand no more under it"},
	}
}
