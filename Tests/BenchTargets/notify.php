<?php
// A peer for Tests/bench: the notify_url script of a small shop, as tutorials have it and as the
// gateway replaces it. It checks the signature, marks the order paid with one UPDATE, and keeps
// neither the message nor a history. Not for use.

$fields = json_decode(json_encode(simplexml_load_string(
    file_get_contents('php://input'), 'SimpleXMLElement', LIBXML_NOCDATA)), true);

$sign = $fields['sign'];
unset($fields['sign']);
ksort($fields);
$text = '';
foreach ($fields as $name => $value) {
    if ($value !== '' && !is_array($value)) {
        $text .= $name . '=' . $value . '&';
    }
}

$answer = 'FAIL';
if (strtoupper(md5($text . 'key=' . getenv('API_KEY'))) === $sign
    && $fields['result_code'] === 'SUCCESS') {
    $database = new mysqli('localhost', getenv('DATABASE_USER'), '', getenv('DATABASE_NAME'), 0,
        getenv('DATABASE_SOCKET'));
    $update = $database->prepare(
        'UPDATE legacy_order SET state = 1, transaction_id = ? WHERE order_no = ? AND total_fee = ?');
    $update->bind_param('ssi', $fields['transaction_id'], $fields['out_trade_no'],
        $fields['total_fee']);
    if ($update->execute()) {
        $answer = 'SUCCESS';
    }
}

header('Content-Type: text/xml');
echo "<xml><return_code><![CDATA[$answer]]></return_code></xml>";
