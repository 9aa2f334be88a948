package client

import (
	"context"
	"net/http"
	"time"
)

// Publication says how a topic that was there became a product.
type Publication struct {
	Topic  string    `json:"topic" doc:"The name that the topic has on the cluster; clients may use it as well as the product's own."`
	Stream string    `json:"stream,omitempty" doc:"The private stream that it is; absent: a topic that the mesh did not make."`
	By     string    `json:"by" doc:"Who published it, and accepted the terms."`
	At     time.Time `json:"at"`
	Terms  string    `json:"terms" doc:"SHA-256 of the terms of publishing that were accepted."`
	Reason string    `json:"reason,omitempty" doc:"Why, as said then."`
}

// NewPublication asks for a product that is made of a topic. What a product must
// tell before others rely on it is required: all that is missing is refused at
// once, each part with the flag that gives it.
type NewPublication struct {
	As          string   `json:"as" maxLength:"127" doc:"domain.product"`
	Owner       string   `json:"owner,omitempty" maxLength:"63" doc:"Required: the person who answers for it."`
	Description string   `json:"description,omitempty" maxLength:"4096" doc:"Required: what it holds."`
	Kind        string   `json:"kind,omitempty" enum:"stream,table"`
	Encoding    string   `json:"encoding,omitempty" enum:"json,bytes,avro,protobuf,json-schema" doc:"Of the values. Required, unless the topic's subject has a schema that says it."`
	KeyEncoding string   `json:"keyEncoding,omitempty" enum:"string,bytes,long,json,avro,protobuf"`
	Key         []string `json:"key,omitempty" nullable:"false" maxItems:"16" doc:"The fields of the value that the key holds, in order."`
	Visibility  string   `json:"visibility,omitempty" enum:"mesh,domain"`
	Access      string   `json:"access,omitempty" enum:"open,request" doc:"Absent: open, unless a field is personal or secret."`
	Telling
	Schema        string `json:"schema,omitempty" doc:"The first schema of its values, in the language of the encoding. Required of an encoding with schemas, unless the topic's subject has one."`
	KeySchema     string `json:"keySchema,omitempty" doc:"The same of its keys."`
	AcceptTerms   bool   `json:"acceptTerms,omitempty" doc:"Required: that you accept the mesh's terms of publishing."`
	AcceptedTerms string `json:"acceptedTerms,omitempty" maxLength:"64" doc:"SHA-256 of the terms that you were shown; refused if they are others by now. Absent: those of now."`
}

// ProductPublication says what shall be told of a product that is published; what
// is absent stays.
type ProductPublication struct {
	Owner       *string `json:"owner,omitempty" maxLength:"63"`
	Description *string `json:"description,omitempty" maxLength:"4096"`
	Visibility  *string `json:"visibility,omitempty" enum:"mesh,domain" doc:"Absent: mesh."`
	Access      *string `json:"access,omitempty" enum:"open,request"`
	Telling
}

// UnpublishedTopic is a topic that could become a product.
type UnpublishedTopic struct {
	Name        string `json:"name"`
	Stream      bool   `json:"stream" doc:"It is a private stream; else a topic of the cluster that the mesh does not know."`
	Domain      string `json:"domain,omitempty" doc:"Of the private stream; any domain's product can be made of a topic that the mesh does not know."`
	Description string `json:"description,omitempty"`
	Partitions  int    `json:"partitions"`
	Encoding    string `json:"encoding,omitempty" doc:"Of the values, as the schemas of the topic's subject say; absent: it has none."`
}

// ProductReader is an application that would be hurt if a product ended.
type ProductReader struct {
	Application string    `json:"application"`
	Team        string    `json:"team"`
	Last        time.Time `json:"last,omitzero" doc:"When it last read, in the last 30 days; absent: it did not."`
	Records     uint64    `json:"records,omitempty" doc:"How many it was given in that time."`
	Allowed     bool      `json:"allowed" doc:"It was allowed to read the product."`
	Own         bool      `json:"own" doc:"Its team owns the product's domain."`
}

// Unpublished is what became of a product that was taken back.
type Unpublished struct {
	Product string          `json:"product"`
	Topic   string          `json:"topic" doc:"It is as it was, with all its records."`
	Stream  string          `json:"stream,omitempty" doc:"The private stream that it is again."`
	Readers []ProductReader `json:"readers" nullable:"false" doc:"Who read it or was allowed to; they are told."`
	Hurts   string          `json:"hurts,omitempty" doc:"Whom it hurts, near and far, as you may know; absent: nobody, as far as is known."`
}

// Deprecation asks that nobody new reads a product.
type Deprecation struct {
	Successor string `json:"successor,omitempty" maxLength:"127" doc:"The product to use instead; absent: none."`
}

// PublishingTerms is what who publishes a product agrees to.
type PublishingTerms struct {
	Text    string `json:"text" doc:"In Markdown."`
	SHA256  string `json:"sha256"`
	Default bool   `json:"default" doc:"The mesh set none of its own."`
}

// Publish makes a product of a topic, of which nothing changes. The same again
// changes nothing.
func (c *Client) Publish(ctx context.Context, topic string, n NewPublication, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/topics/"+seg(topic)+"/publish", n, opts)
}

// PublishProduct makes a product active that was proposed to its domain, such as
// one that a query makes. Its topic stays as it is. The same again changes
// nothing.
func (c *Client) PublishProduct(ctx context.Context, product string, n ProductPublication, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/products/"+seg(product)+"/publish", n, opts)
}

// Unpublish takes a product back: it ends, its topic and records stay.
func (c *Client) Unpublish(ctx context.Context, product string, opts ...Option) (Unpublished, error) {
	return call[Unpublished](ctx, c, http.MethodPost, "/products/"+seg(product)+"/unpublish", nil, opts)
}

// ProductReaders lists the applications that read a product in the last 30 days
// or were allowed to: whom its end would hurt.
func (c *Client) ProductReaders(ctx context.Context, product string) ([]ProductReader, error) {
	return all[ProductReader](ctx, c, "/products/"+seg(product)+"/readers", nil)
}

// UnpublishedTopics lists the topics that could be published: the private
// streams of your domains, or of one, and to a mesh admin those of the cluster
// that the mesh does not know.
func (c *Client) UnpublishedTopics(ctx context.Context, domain string) ([]UnpublishedTopic, error) {
	return all[UnpublishedTopic](ctx, c, "/topics/unpublished", inDomain(domain))
}

// Deprecate says that a product will end: who reads it goes on, nobody new
// begins.
func (c *Client) Deprecate(ctx context.Context, product string, d Deprecation, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/products/"+seg(product)+"/deprecate", d, opts)
}

// Retire says that a product has ended, though its records are kept: nobody but
// its own domain reads it any more.
func (c *Client) Retire(ctx context.Context, product string, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/products/"+seg(product)+"/retire", nil, opts)
}

// Activate takes back that a product is deprecated or retired.
func (c *Client) Activate(ctx context.Context, product string, opts ...Option) (Product, error) {
	return call[Product](ctx, c, http.MethodPost, "/products/"+seg(product)+"/activate", nil, opts)
}

// PublishingTerms gets the mesh's terms of publishing.
func (c *Client) PublishingTerms(ctx context.Context) (PublishingTerms, error) {
	return call[PublishingTerms](ctx, c, http.MethodGet, "/mesh/terms", nil, nil)
}

// SetPublishingTerms sets them, in Markdown; an empty text brings the default
// back. What was accepted before stays accepted.
func (c *Client) SetPublishingTerms(ctx context.Context, text string, opts ...Option) (PublishingTerms, error) {
	return call[PublishingTerms](ctx, c, http.MethodPut, "/mesh/terms", struct {
		Text string `json:"text"`
	}{text}, opts)
}
