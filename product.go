package weir

import (
	"fmt"
	"regexp"
	"slices"
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
	EncodingJSON  Encoding = "json"
	EncodingBytes Encoding = "bytes"
)

// KeyEncoding is the form of a record's key.
type KeyEncoding string

const (
	KeyString KeyEncoding = "string"
	KeyBytes  KeyEncoding = "bytes"
)

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
)

// Product is data that a domain offers to the mesh as a stream of records.
type Product struct {
	UID         UID         `json:"uid"`
	Name        string      `json:"name"` // domain.product
	Domain      UID         `json:"domain"`
	Major       int         `json:"major"`
	Kind        Kind        `json:"kind"`
	Encoding    Encoding    `json:"encoding"`
	KeyEncoding KeyEncoding `json:"keyEncoding"`
	Visibility  Visibility  `json:"visibility"`
	Access      AccessMode  `json:"access"`
	Owner       UID         `json:"owner"` // the person who answers for it
	Description string      `json:"description,omitempty"`
	Partitions  int         `json:"partitions"`
	Retention   Duration    `json:"retention"`
	Created     time.Time   `json:"created"`
}

func (p *Product) Ref() Ref { return Ref{NounProduct, p.UID, p.Name} }

// Topic is the name that Kafka clients use.
func (p *Product) Topic() string { return fmt.Sprintf("%s.v%d", p.Name, p.Major) }

// Refers lists domain and owner.
func (p *Product) Refers() []Ref {
	return []Ref{{Noun: NounDomain, UID: p.Domain}, {Noun: NounPerson, UID: p.Owner}}
}

// Readers: the whole mesh, or the domain alone.
func (p *Product) Readers() []UID {
	if p.Visibility == VisibleDomain {
		return []UID{p.Domain}
	}
	return nil
}

// Validate checks every field by itself.
func (p *Product) Validate() error {
	if p.Major < 1 {
		return Errorf(Invalid, "a major is at least 1").At("major")
	}
	return first(
		checkPath("name", p.Name, longName, ".", longName),
		oneOf("kind", p.Kind, KindStream, KindTable),
		oneOf("encoding", p.Encoding, EncodingJSON, EncodingBytes),
		oneOf("keyEncoding", p.KeyEncoding, KeyString, KeyBytes),
		oneOf("visibility", p.Visibility, VisibleMesh, VisibleDomain),
		oneOf("access", p.Access, AccessOpen, AccessRequest),
		checkText("description", p.Description),
		checkPartitions(p.Partitions),
		p.Retention.check(),
	)
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

// SplitProduct gives the domain's and the product's own part of a name.
func SplitProduct(name string) (domain, product string, err error) {
	if err := checkPath("name", name, longName, ".", longName); err != nil {
		return "", "", err
	}
	domain, product, _ = strings.Cut(name, ".")
	return domain, product, nil
}
