package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Product is data that a domain offers.
type Product struct {
	Name        string   `json:"name" doc:"domain.product"`
	UID         string   `json:"uid"`
	URN         string   `json:"urn"`
	Domain      string   `json:"domain"`
	Team        string   `json:"team" doc:"The team that owns the domain."`
	Major       int      `json:"major"`
	Kind        string   `json:"kind" enum:"stream,table"`
	Encoding    string   `json:"encoding" enum:"json,bytes,avro,protobuf,json-schema" doc:"Of the values."`
	KeyEncoding string   `json:"keyEncoding" enum:"string,bytes,long,json,avro,protobuf"`
	Key         []string `json:"key,omitempty" nullable:"false" doc:"The fields of the value that the key holds, in order."`
	Visibility  string   `json:"visibility" enum:"mesh,domain"`
	Access      string   `json:"access" enum:"open,request"`
	Owner       string   `json:"owner" doc:"The person who answers for it."`
	Description string   `json:"description,omitempty"`
	About
	Partitions int              `json:"partitions"`
	Retention  string           `json:"retention" doc:"How long records are kept: 6h, 7d, or forever."`
	Topic      string           `json:"topic" doc:"What Kafka clients call it."`
	Status     Status           `json:"status"`
	Subjects   []ProductSubject `json:"subjects" nullable:"false" doc:"Where the schemas of its keys and values are, of those that can have one."`
	Warnings   []Warning        `json:"warnings" nullable:"false" doc:"What the policies say about it, the gravest first."`
	Published  *Publication     `json:"published,omitempty" doc:"How a topic that was there became it; absent: it was made, with a topic of its own."`
	Query      string           `json:"query,omitempty" doc:"The query that makes it, if you may know of it; in the answer about one product alone."`
	Hurts      string           `json:"hurts,omitempty" doc:"Of an edit that takes it from who has it: whom that hurts, as you may know."`
	Revision   uint64           `json:"revision"`
	Created    time.Time        `json:"created"`
}

// ProductSubject is where a registry client finds the schemas of a product's
// keys or values.
type ProductSubject struct {
	Of      string `json:"of" enum:"key,value"`
	Subject string `json:"subject" doc:"Its name in the registry."`
	Format  string `json:"format" enum:"AVRO,JSON,PROTOBUF" doc:"The language of its schemas."`
	Version int    `json:"version,omitempty" doc:"The latest; absent if no schema is registered."`
	ID      uint32 `json:"id,omitempty" doc:"The latest version's, as it stands in each record."`
}

// Status is how far the cluster is with a topic.
type Status struct {
	Topic   string `json:"topic" enum:"ready,pending,adjusting,ending,lost" doc:"ready: clients can use it. pending: it is being made. adjusting: it is being changed. ending: it is being deleted. lost: the cluster has no such topic, or another one of that name."`
	Problem string `json:"problem,omitempty" doc:"Why it is not ready, as the cluster said it."`
}

// NewProduct asks for a product. What is empty takes the first value allowed;
// the owner is you unless said.
type NewProduct struct {
	Name        string   `json:"name" maxLength:"127" doc:"domain.product"`
	Kind        string   `json:"kind,omitempty" enum:"stream,table"`
	Encoding    string   `json:"encoding,omitempty" enum:"json,bytes,avro,protobuf,json-schema" doc:"Of the values."`
	KeyEncoding string   `json:"keyEncoding,omitempty" enum:"string,bytes,long,json,avro,protobuf"`
	Key         []string `json:"key,omitempty" nullable:"false" maxItems:"16" doc:"The fields of the value that the key holds, in order."`
	Visibility  string   `json:"visibility,omitempty" enum:"mesh,domain"`
	Access      string   `json:"access,omitempty" enum:"open,request" doc:"Absent: open, unless a field is personal or secret."`
	Owner       string   `json:"owner,omitempty" maxLength:"63"`
	Description string   `json:"description,omitempty" maxLength:"4096"`
	Partitions  int      `json:"partitions,omitempty" minimum:"0" maximum:"64" doc:"0: the usual number, 3."`
	Retention   string   `json:"retention,omitempty" maxLength:"32" doc:"6h, 7d; empty or forever: for ever."`
	Telling
	Schema    string `json:"schema,omitempty" doc:"The first schema of its values, in the language of the encoding; registered with the product, or nothing is."`
	KeySchema string `json:"keySchema,omitempty" doc:"The same of its keys."`
}

// ProductEdit says what shall change; what is absent stays.
type ProductEdit struct {
	Owner       *string `json:"owner,omitempty" maxLength:"63"`
	Description *string `json:"description,omitempty" maxLength:"4096"`
	Visibility  *string `json:"visibility,omitempty" enum:"mesh,domain"`
	Access      *string `json:"access,omitempty" enum:"open,request"`
	Partitions  *int    `json:"partitions,omitempty" minimum:"1" maximum:"64" doc:"More than now: partitions are never taken away."`
	Retention   *string `json:"retention,omitempty" maxLength:"32"`
	Telling
}

// Products lists every product that you may know of, or one domain's.
func (c *Client) Products(ctx context.Context, domain string) ([]Product, error) {
	return all[Product](ctx, c, "/products", inDomain(domain))
}

// SomeProducts lists at most limit products, 1 to 1000, of one domain or of all,
// by name; more says that there are others.
func (c *Client) SomeProducts(ctx context.Context, domain string, limit int) (some []Product, more bool, err error) {
	q := inDomain(domain)
	if q == nil {
		q = url.Values{}
	}
	q.Set("limit", strconv.Itoa(limit))
	page, err := call[List[Product]](ctx, c, http.MethodGet, "/products?"+q.Encode(), nil, nil)
	return page.Items, page.Next != "", err
}

func inDomain(domain string) url.Values {
	if domain == "" {
		return nil
	}
	return url.Values{"domain": {domain}}
}

// Product gets one product.
func (c *Client) Product(ctx context.Context, name string) (Product, error) {
	return call[Product](ctx, c, http.MethodGet, "/products/"+seg(name), nil, nil)
}

// CreateProduct makes a product and waits a little until its topic is ready.
func (c *Client) CreateProduct(ctx context.Context, n NewProduct, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/products", n, opts)
}

// EditProduct changes a product.
func (c *Client) EditProduct(ctx context.Context, name string, e ProductEdit, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPatch, "/products/"+seg(name), e, opts)
}

// DeleteProduct ends a product; with destroy its data too. It says whether that
// is gone: as long as the cluster does not answer, it is not.
func (c *Client) DeleteProduct(ctx context.Context, name string, destroy bool, opts ...Option) (bool, error) {
	return c.end(ctx, "/products/"+seg(name)+destroying(destroy), opts)
}

func destroying(destroy bool) string {
	if destroy {
		return "?destroyData=true"
	}
	return ""
}
