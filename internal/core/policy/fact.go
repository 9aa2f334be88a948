package policy

import (
	"reflect"
	"strings"
	"time"
)

// Facts is what expressions are about. Publish is nil but while a topic is
// published.
type Facts struct {
	Product Product
	Publish *Publish
}

// Product is a product as expressions see it. What nobody said is empty.
type Product struct {
	Name             string              `yaml:"name" doc:"domain.product"`
	ShortName        string              `yaml:"shortName" doc:"the part of the name behind the domain"`
	Domain           string              `yaml:"domain" doc:"the domain's name"`
	Team             string              `yaml:"team" doc:"the team that owns the domain"`
	Owner            string              `yaml:"owner" doc:"the person who answers for it; empty if there is no such person any more"`
	OwnerInTeam      bool                `yaml:"ownerInTeam" doc:"the owner is a member of that team"`
	Type             string              `yaml:"type" doc:"source-aligned, aggregate, consumer-aligned"`
	Lifecycle        string              `yaml:"lifecycle" doc:"proposed, active, deprecated, retired"`
	Successor        string              `yaml:"successor" doc:"the product to use instead"`
	Description      string              `yaml:"description" doc:"what it holds"`
	Purpose          string              `yaml:"purpose" doc:"what it is for"`
	Usage            string              `yaml:"usage" doc:"how to use it"`
	Limitations      string              `yaml:"limitations" doc:"what it is not good for"`
	Quality          string              `yaml:"quality" doc:"authoritative, curated, raw"`
	SLA              string              `yaml:"sla" doc:"tier-1, tier-2, tier-3"`
	SLOs             []SLO               `yaml:"slos" doc:"objectives that the owner declares"`
	Support          []Support           `yaml:"support" doc:"where one can ask"`
	Tags             map[string][]string `yaml:"tags" doc:"the values of each dimension: 'finance' in product.tags['area']"`
	HasDocumentation bool                `yaml:"hasDocumentation" doc:"it has documentation"`
	HasTerms         bool                `yaml:"hasTerms" doc:"it has terms of use"`
	Kind             string              `yaml:"kind" doc:"stream, table"`
	Encoding         string              `yaml:"encoding" doc:"of the values: json, bytes, avro, protobuf, json-schema"`
	KeyEncoding      string              `yaml:"keyEncoding" doc:"string, bytes, long, json, avro, protobuf"`
	Key              []string            `yaml:"key" doc:"the fields of the value that the key holds"`
	Visibility       string              `yaml:"visibility" doc:"mesh, domain"`
	Access           string              `yaml:"access" doc:"open, request"`
	Partitions       int                 `yaml:"partitions" doc:"of its topic"`
	Retention        time.Duration       `yaml:"retention" doc:"how long records are kept; 0s is for ever"`
	EventTime        string              `yaml:"eventTime" doc:"the field that says when it happened"`
	Lateness         time.Duration       `yaml:"lateness" doc:"how late a record may come"`
	Topic            string              `yaml:"topic" doc:"what Kafka clients call it"`
	Subject          string              `yaml:"subject" doc:"where the schemas of its values are"`
	HasSchema        bool                `yaml:"hasSchema" doc:"its values have a schema"`
	HasKeySchema     bool                `yaml:"hasKeySchema" doc:"its keys have a schema"`
	Fields           []Field             `yaml:"fields" doc:"those of the schema, and those that the product speaks of"`
	Depth            int                 `yaml:"depth" doc:"how many queries make it, one above the other, from the sources; 0: none does"`
	Published        bool                `yaml:"published" doc:"it was a topic before it became a product"`
	Created          time.Time           `yaml:"created" doc:"when it was made"`
}

// SLO is an objective of a product.
type SLO struct {
	Property string  `yaml:"property" doc:"freshness, latency, completeness, retention, availability"`
	Value    float64 `yaml:"value" doc:"a number of the unit"`
	Unit     string  `yaml:"unit" doc:"percent, s"`
}

// Support is a way to ask about a product.
type Support struct {
	Channel string `yaml:"channel" doc:"slack, mail, tickets"`
	URL     string `yaml:"url" doc:"where it is"`
}

// Field is a field of a product's values: what the schema says, and what the
// product says over it.
type Field struct {
	Path           string   `yaml:"path" doc:"address.street; [] behind a name is the elements of an array"`
	Type           string   `yaml:"type" doc:"in the words of the schema; empty: the schema does not have it"`
	Optional       bool     `yaml:"optional" doc:"it may be absent or null"`
	Description    string   `yaml:"description" doc:"what it holds"`
	Classification string   `yaml:"classification" doc:"public, internal, personal, secret"`
	Tags           []string `yaml:"tags" doc:"as they are written: pii:email"`
	Term           string   `yaml:"term" doc:"of the glossary"`
	Unit           string   `yaml:"unit" doc:"such as EUR"`
	Examples       []string `yaml:"examples" doc:"values, as they stand in records"`
}

// Publish is the moment at which a topic becomes a product.
type Publish struct {
	Topic    string   `yaml:"topic" doc:"the topic that becomes the product"`
	By       string   `yaml:"by" doc:"who publishes it"`
	Roles    []string `yaml:"roles" doc:"what roles that person has on the mesh or the domain"`
	Records  int64    `yaml:"records" doc:"how many records it holds"`
	Reason   string   `yaml:"reason" doc:"why, as that person said"`
	Accepted bool     `yaml:"accepted" doc:"the terms of publishing were accepted"`
}

// Fact is a line of the documentation of facts.
type Fact struct {
	Name string // as an expression writes it: product.name; f.path for a part of fields
	Type string // in the words of CEL
	Doc  string
}

// Documented lists every fact that an expression may use, in groups: those of
// the product, of the moment of publishing, and of each kind of part.
func Documented() [][]Fact {
	return [][]Fact{
		documented("product", reflect.TypeFor[Product]()), documented("publish", reflect.TypeFor[Publish]()),
		documented("field", reflect.TypeFor[Field]()), documented("slo", reflect.TypeFor[SLO]()), documented("support", reflect.TypeFor[Support]()),
	}
}

func documented(of string, t reflect.Type) []Fact {
	var all []Fact
	for i := range t.NumField() {
		f := t.Field(i)
		all = append(all, Fact{Name: of + "." + f.Tag.Get(tag), Type: typeName(f.Type), Doc: f.Tag.Get("doc")})
	}
	return all
}

// typeName is a type in the words of CEL.
func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[time.Time]():
		return "timestamp"
	case t.Kind() == reflect.Slice:
		return "list(" + typeName(t.Elem()) + ")"
	case t.Kind() == reflect.Map:
		return "map(" + typeName(t.Key()) + ", " + typeName(t.Elem()) + ")"
	case t.Kind() == reflect.Float64:
		return "double"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "int"
	}
	return strings.ToLower(t.Name())
}

// said is the text of a fact that a message may hold; false if there is none of
// that name.
func (f Facts) said(name string) (string, bool) {
	of, field, _ := strings.Cut(name, ".")
	var v reflect.Value
	switch {
	case of == "product":
		v = reflect.ValueOf(f.Product)
	case of == "publish" && f.Publish != nil:
		v = reflect.ValueOf(*f.Publish)
	default:
		return "", false
	}
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get(tag) == field && v.Field(i).Kind() == reflect.String {
			return v.Field(i).String(), true
		}
	}
	return "", false
}
