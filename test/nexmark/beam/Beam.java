import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.beam.sdk.nexmark.NexmarkConfiguration;
import org.apache.beam.sdk.nexmark.model.Auction;
import org.apache.beam.sdk.nexmark.model.Bid;
import org.apache.beam.sdk.nexmark.model.Event;
import org.apache.beam.sdk.nexmark.model.Person;
import org.apache.beam.sdk.nexmark.sources.generator.Generator;
import org.apache.beam.sdk.nexmark.sources.generator.GeneratorConfig;

/**
 * Prints what Apache Beam's generator makes: for each configuration a head, a few of its events, and the SHA-256 of
 * the lines of the first 50,000 and of all of them.
 */
public class Beam {
  public static void main(String[] args) throws Exception {
    NexmarkConfiguration c = NexmarkConfiguration.DEFAULT.copy();
    c.numEventGenerators = 1;
    print(c, 0, 1_000_000, 150);
    c.firstEventRate = c.nextEventRate = 1000;
    c.outOfOrderGroupSize = 1000;
    c.avgBidByteSize = 40;
    print(c, 123_456_789, 100_000, 20);
    c.outOfOrderGroupSize = 7;
    c.hotAuctionRatio = 16;
    c.hotBiddersRatio = 1;
    c.hotSellersRatio = 100;
    c.numInFlightAuctions = 20;
    c.numActivePeople = 3;
    c.avgPersonByteSize = 60;
    c.avgAuctionByteSize = 90;
    print(c, 50, 100_000, 20);
  }

  static void print(NexmarkConfiguration c, long first, int events, int shown) throws Exception {
    System.out.printf(
        "first %d rate %d group %d sizes %d %d %d hot %d %d %d auctions %d people %d%n",
        first, c.firstEventRate, c.outOfOrderGroupSize, c.avgPersonByteSize, c.avgAuctionByteSize, c.avgBidByteSize,
        c.hotAuctionRatio, c.hotSellersRatio, c.hotBiddersRatio, c.numInFlightAuctions, c.numActivePeople);
    Generator g = new Generator(new GeneratorConfig(c, 1436918400000L, first, events, 0));
    MessageDigest sum = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < events; i++) {
      Generator.NextEvent next = g.nextEvent();
      String line = next.eventTimestamp + "|" + line(next.event) + "\n";
      sum.update(line.getBytes(StandardCharsets.UTF_8));
      if (i < shown) {
        System.out.print(line);
      }
      if (i + 1 == 50_000 || i + 1 == events) {
        MessageDigest now = (MessageDigest) sum.clone();
        System.out.println("sha256 " + (i + 1) + " " + HexFormat.of().formatHex(now.digest()));
      }
    }
  }

  static String line(Event e) {
    if (e.newPerson != null) {
      Person p = e.newPerson;
      return join("person", p.id, p.name, p.emailAddress, p.creditCard, p.city, p.state, p.dateTime.getMillis(), p.extra);
    }
    if (e.newAuction != null) {
      Auction a = e.newAuction;
      return join("auction", a.id, a.itemName, a.description, a.initialBid, a.reserve, a.dateTime.getMillis(),
          a.expires.getMillis(), a.seller, a.category, a.extra);
    }
    Bid b = e.bid;
    return join("bid", b.auction, b.bidder, b.price, b.dateTime.getMillis(), b.extra);
  }

  static String join(Object... of) {
    StringBuilder s = new StringBuilder();
    for (Object o : of) {
      s.append(s.length() == 0 ? "" : "|").append(o);
    }
    return s.toString();
  }
}
