-- The topics of Nexmark as Flink sees them: streams of what is written once.
-- What stands in braces is known when they are made.
CREATE TABLE person (
  id BIGINT NOT NULL, name STRING NOT NULL, email STRING NOT NULL, credit_card STRING NOT NULL, city STRING NOT NULL, state STRING NOT NULL,
  date_time TIMESTAMP(3) NOT NULL, extra STRING NOT NULL,
  WATERMARK FOR date_time AS date_time
) WITH ({person});

CREATE TABLE auction (
  id BIGINT NOT NULL, item_name STRING NOT NULL, description STRING NOT NULL, initial_bid BIGINT NOT NULL, reserve BIGINT NOT NULL,
  date_time TIMESTAMP(3) NOT NULL, expires TIMESTAMP(3) NOT NULL, seller BIGINT NOT NULL, category BIGINT NOT NULL, extra STRING NOT NULL,
  WATERMARK FOR date_time AS date_time
) WITH ({auction});

CREATE TABLE bid (
  auction BIGINT NOT NULL, bidder BIGINT NOT NULL, price BIGINT NOT NULL, channel STRING NOT NULL, url STRING NOT NULL,
  date_time TIMESTAMP(3) NOT NULL, extra STRING NOT NULL,
  WATERMARK FOR date_time AS date_time
) WITH ({bid});

CREATE TABLE new_person WITH ({new_person}) LIKE person (OVERWRITING OPTIONS);

CREATE TABLE new_auction WITH ({new_auction}) LIKE auction (OVERWRITING OPTIONS);
