package weir

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says how a product's records are meant.
type Kind string

const (
	KindStream Kind = "stream" // every record counts
	KindTable  Kind = "table"  // keyed: the latest value of a key counts
)

// Encoding is the form of a record's value.
type Encoding string

const (
	EncodingJSON  Encoding = "json" // text, without a schema's id before it
	EncodingBytes Encoding = "bytes"

	// These three are as registry serialisers write them: a zero byte, the
	// schema's id, then the value.
	EncodingAvro       Encoding = "avro"
	EncodingProtobuf   Encoding = "protobuf"
	EncodingJSONSchema Encoding = "json-schema"
)

// Encodings lists every encoding of values.
func Encodings() []Encoding {
	return []Encoding{EncodingJSON, EncodingBytes, EncodingAvro, EncodingProtobuf, EncodingJSONSchema}
}

// SchemaFormat is the language of the schemas that values in this encoding
// have; "" if they have none. Plain JSON may have a JSON Schema.
func (e Encoding) SchemaFormat() SchemaFormat {
	switch e {
	case EncodingAvro:
		return FormatAvro
	case EncodingProtobuf:
		return FormatProtobuf
	case EncodingJSON, EncodingJSONSchema:
		return FormatJSON
	}
	return ""
}

// KeyEncoding is the form of a record's key.
type KeyEncoding string

const (
	KeyString   KeyEncoding = "string"
	KeyBytes    KeyEncoding = "bytes"
	KeyLong     KeyEncoding = "long" // 8 bytes, big-endian
	KeyJSON     KeyEncoding = "json" // text, without a schema's id before it
	KeyAvro     KeyEncoding = "avro"
	KeyProtobuf KeyEncoding = "protobuf"
)

// KeyEncodings lists every encoding of keys.
func KeyEncodings() []KeyEncoding {
	return []KeyEncoding{KeyString, KeyBytes, KeyLong, KeyJSON, KeyAvro, KeyProtobuf}
}

// SchemaFormat is the language of the schemas that keys in this encoding have;
// "" if they have none.
func (e KeyEncoding) SchemaFormat() SchemaFormat {
	switch e {
	case KeyAvro:
		return FormatAvro
	case KeyProtobuf:
		return FormatProtobuf
	case KeyJSON:
		return FormatJSON
	}
	return ""
}

// Visibility says who knows of a product.
type Visibility string

const (
	VisibleMesh   Visibility = "mesh"
	VisibleDomain Visibility = "domain"
)

// AccessMode says who of those that know of a product gets its data.
type AccessMode string

const (
	AccessOpen    AccessMode = "open"    // every application
	AccessRequest AccessMode = "request" // applications that were allowed
)

// Bounds of a product's topic.
const (
	MaxPartitions     = 64
	DefaultPartitions = 3
	MinRetention      = Duration(time.Minute)
	MaxKeyFields      = 16
)

// Product is data that a domain offers to the mesh as a stream of records. One of
// a later major is a product of its own beside those before it, and says so in its
// name.
type Product struct {
	UID         UID         `json:"uid"`
	Name        string      `json:"name"` // domain.product; of a later major than the first domain.product.vMAJOR
	Domain      UID         `json:"domain"`
	Major       int         `json:"major"`
	Kind        Kind        `json:"kind"`
	Encoding    Encoding    `json:"encoding"`
	KeyEncoding KeyEncoding `json:"keyEncoding"`
	Key         []string    `json:"key,omitempty"` // the fields of the value that the key holds, in order
	Visibility  Visibility  `json:"visibility"`
	Access      AccessMode  `json:"access"`
	Owner       UID         `json:"owner"` // the person who answers for it
	Description string      `json:"description,omitempty"`
	About
	Partitions int          `json:"partitions"`
	Retention  Duration     `json:"retention"`
	Created    time.Time    `json:"created"`
	Published  *Publication `json:"published,omitempty"` // nil: it was made, with a topic of its own

	// Kept are the persons who read it over HTTP while it was open, and go on
	// while it is deprecated, as applications do by an [Access].
	Kept []UID `json:"kept,omitempty" secret:"true" long:"true"`
}

func (p *Product) Ref() Ref { return Ref{NounProduct, p.UID, p.Name} }

// Topic is the name that Kafka clients use.
func (p *Product) Topic() string { return TopicOf(p.Name) }

// TopicOf is the topic that a product has by its name.
func TopicOf(product string) string {
	if _, major := SplitMajor(product); major > 1 {
		return product
	}
	return product + ".v1"
}

// Alias is the other name of its topic, and of its subjects: the one that the
// topic had before it was published. Empty if it has none.
func (p *Product) Alias() string {
	if p.Published == nil {
		return ""
	}
	return p.Published.Topic
}

// OnCluster is the name of its topic on the cluster: the alias, if it has one.
func (p *Product) OnCluster() string { return cmp.Or(p.Alias(), p.Topic()) }

// Subject is the name under which the schemas of its keys or values are: that
// of the topic on the cluster, so that publishing moves no schema. Asked for by
// the product's own name, the registry gives the same.
func (p *Product) Subject(k SubjectKind) string { return SubjectOfTopic(p.OnCluster(), k) }

// SchemaFormat is the language of its keys' or values' schemas; "" if they can
// have none.
func (p *Product) SchemaFormat(k SubjectKind) SchemaFormat {
	if k == OfKey {
		return p.KeyEncoding.SchemaFormat()
	}
	return p.Encoding.SchemaFormat()
}

// Refers lists domain, owner, and what the owner tells points to.
func (p *Product) Refers() []Ref {
	rs := append([]Ref{{Noun: NounDomain, UID: p.Domain}, {Noun: NounPerson, UID: p.Owner}}, p.About.refers()...)
	return append(rs, p.Published.refers()...)
}

// Readers: the whole mesh; or the domain, those with a role on the product, and
// its owner.
func (p *Product) Readers() []UID {
	if p.Visibility == VisibleDomain {
		return []UID{p.Domain, p.UID, p.Owner}
	}
	return nil
}

// Validate checks every field by itself.
func (p *Product) Validate() error {
	if p.Major < 1 {
		return Errorf(Invalid, "a major is at least 1").At("major")
	}
	if base, major := SplitMajor(p.Name); p.Major != major {
		return Errorf(Invalid, "%s is the name of major %d, and this is major %d", clip(p.Name), major, p.Major).At("name").
			WithFix("name a later major %s.vMAJOR, and the first one without", clip(base))
	}
	return first(
		checkProduct("name", p.Name),
		oneOf("kind", p.Kind, KindStream, KindTable),
		oneOf("encoding", p.Encoding, Encodings()...),
		oneOf("keyEncoding", p.KeyEncoding, KeyEncodings()...),
		checkKey(p.Key),
		oneOf("visibility", p.Visibility, VisibleMesh, VisibleDomain),
		oneOf("access", p.Access, AccessOpen, AccessRequest),
		checkText("description", p.Description),
		p.About.check(),
		checkAsked(p.Partitions, p.Published.adopts()),
		p.Retention.check(),
		p.Published.check(),
	)
}

// checkKey refuses a list of fields that cannot be one.
func checkKey(fields []string) error {
	if len(fields) > MaxKeyFields {
		return Errorf(Invalid, "a key of %d fields", len(fields)).At("key").WithFix("use at most %d", MaxKeyFields)
	}
	for i, f := range fields {
		if f == "" || slices.Contains(fields[:i], f) {
			return Errorf(Invalid, "field %d, %q, is empty or there twice", i+1, clip(f)).At("key").WithFix("name each field once")
		}
		if err := checkText("key", f); err != nil {
			return err
		}
	}
	return nil
}

// checkAsked checks how many partitions Weir is asked for. A topic that was
// there before has as many as it has.
func checkAsked(n int, adopted bool) error {
	if adopted && n >= 1 {
		return nil
	}
	return checkPartitions(n)
}

func checkPartitions(n int) error {
	if n < 1 || n > MaxPartitions {
		return Errorf(Invalid, "%d partitions", n).At("partitions").WithFix("use 1 to %d", MaxPartitions)
	}
	return nil
}

func oneOf[T ~string](field string, v T, allowed ...T) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return Errorf(Invalid, "%q is not known here", clip(string(v))).At(field).WithFix("use %s", strings.Join(names, " or "))
}

// checkPath checks a name of two parts.
func checkPath(field, name string, left *regexp.Regexp, sep string, right *regexp.Regexp) error {
	l, r, ok := strings.Cut(name, sep)
	if !ok {
		return Errorf(Invalid, "%q has one part", clip(name)).At(field).WithFix("write two, with %q between them", sep)
	}
	return first(checkName(left, field, l), checkName(right, field, r))
}

// checkProduct checks the name of a product, of any major.
func checkProduct(field, name string) error {
	base, _ := SplitMajor(name)
	return checkPath(field, base, longName, ".", longName)
}

// SplitProduct gives the domain's and the product's own part of a name. The major
// belongs to the product's own.
func SplitProduct(name string) (domain, product string, err error) {
	if err := checkProduct("name", name); err != nil {
		return "", "", err
	}
	domain, product, _ = strings.Cut(name, ".")
	return domain, product, nil
}

var laterMajor = regexp.MustCompile(`\.v([2-9]|[1-9][0-9]{1,5})$`)

// SplitMajor gives the name that all majors of a product share, and the major
// that a name says: 1 if it says none.
func SplitMajor(name string) (product string, major int) {
	m := laterMajor.FindStringSubmatchIndex(name)
	if m == nil {
		return name, 1
	}
	major, _ = strconv.Atoi(name[m[2]:m[3]]) // these are digits, few of them
	return name[:m[0]], major
}
